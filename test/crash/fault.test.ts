/**
 * A disk that is full or broken while the node runs, at every place of the workload: what was
 * refused did not happen, what is unknown is there whole or not at all, what was promised is there;
 * reads go on; and once the disk is well the node works.
 */
import { describe, expect, test, vi } from 'vitest';
import type { AdastraError } from '../../src/core/index.ts';
import { MemoryFileSystem } from '../../src/env/memory/index.ts';
import { figure, LONG } from '../support/long.ts';
import { afterwards, atThe, type Trouble, troubledDay } from './faults.ts';
import { Run } from './run.ts';
import { LEVELS, openNode, type Scenario } from './scenario.ts';
import { value } from './workload.ts';

// Thousands of openings: on a busy machine they take their time.
vi.setConfig({ testTimeout: LONG ? 3_600_000 : 180_000 });

/** Tries the trouble at the first, second … place until the workload has no more places. */
async function everywhere(
  scenario: Scenario,
  trouble: (number: number) => Trouble,
  offset: number,
): Promise<{ found: string[]; days: number }> {
  const found: string[] = [];
  let days = 0;
  const step = figure({ short: 4, long: 1 });
  for (let number = offset % step; ; number += step) {
    const day = await troubledDay(scenario, trouble(number));
    if (!day.happened) return { found, days };
    days++;
    const texts = await afterwards(day);
    found.push(...texts.map((text) => `${scenario.level}, place ${number}: ${text}`));
  }
}

const full = { error: 'ENOSPC' } as const;
const broken = { error: 'EIO' } as const;

describe('a disk that fails at any place', () => {
  for (const [offset, level] of LEVELS.entries()) {
    test(`is full for one write: ${level}`, async () => {
      const { found, days } = await everywhere({ level }, (at) => atThe(at, 'write', full), offset);
      expect(found.join('\n')).toBe('');
      expect(days).toBeGreaterThan(15);
    });

    test(`takes half a write and is full: ${level}`, async () => {
      const trouble = (at: number): Trouble => {
        const short = atThe(at, 'write', { shortWrite: 37 });
        const then = atThe(at + 1, 'write', full, 2);
        return (operation) => short(operation) ?? then(operation);
      };
      const { found } = await everywhere({ level }, trouble, offset + 1);
      expect(found.join('\n')).toBe('');
    });

    test(`fails one flush: ${level}`, async () => {
      const { found, days } = await everywhere(
        { level },
        (at) => atThe(at, 'sync', broken),
        offset,
      );
      expect(found.join('\n')).toBe('');
      expect(days).toBeGreaterThan(3);
    });
  }

  for (const kind of ['create', 'rename', 'syncDirectory', 'truncate', 'removeFile'] as const) {
    test(`fails one ${kind}`, async () => {
      for (const scenario of [{ level: 'mixed' as const }, { level: 'mixed' as const, keep: 8 }]) {
        const { found } = await everywhere(scenario, (at) => atThe(at, kind, broken), 0);
        expect(found.join('\n')).toBe('');
      }
    });
  }
});

describe('a flush that fails', () => {
  test('leaves its writes unknown, latches, and lets reads go on', async () => {
    const fs = new MemoryFileSystem();
    const run = new Run(fs, { level: 'always' });
    const engine = await run.open();
    await run.put('before', 1);
    fs.setOnOperation(atThe(0, 'sync', broken));
    await Promise.all([run.put('a', value(600)), run.put('b', value()), run.put('c', value())]);
    await run.put('later', value());
    const ends = run.history.submitted.map(({ code }) => code);
    expect(ends).toEqual([
      undefined,
      'unknown_outcome',
      'unknown_outcome',
      'unknown_outcome',
      'latched',
    ]);
    expect(await engine.get('before')).toBe(1);
    expect(await engine.get('a')).toBeUndefined();
    expect((await engine.status()).health).toBe('latched');
    await expect(engine.flush()).rejects.toMatchObject({ code: 'latched' });
    await expect(engine.checkpoint()).rejects.toMatchObject({ code: 'latched' });
    await run.close();
    expect(await afterwards({ run, happened: true, violations: run.history.violations })).toEqual(
      [],
    );
  });
});

describe('a full disk', () => {
  test('refuses, and takes writes again once there is space, without a restart', async () => {
    const fs = new MemoryFileSystem();
    const run = new Run(fs, { level: 'mixed' });
    const engine = await run.open();
    await run.put('a', value(500));
    fs.setCapacity(fs.usedBytes + 9000);
    for (let at = 0; at < 12; at++) await run.put(`big/${at}`, value(1800));
    const refused = run.history.submitted.filter(({ code }) => code === 'disk_full').length;
    expect(refused).toBeGreaterThan(3);
    expect(await run.checkpoint()).toBe('disk_full');
    expect(await engine.get('a')).toBeDefined();
    fs.setCapacity(Number.POSITIVE_INFINITY);
    for (let at = 0; at < 12; at++) await run.put(`big/${at}`, value(1800));
    expect(run.history.submitted.slice(-12).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 12 }, () => 'committed'),
    );
    expect(await run.checkpoint()).toBeUndefined();
    await run.flush();
    expect(await afterwards({ run, happened: true, violations: run.history.violations })).toEqual(
      [],
    );
  });
});

describe('a disk that cannot be read when the node opens', () => {
  test('gives a typed error and loses nothing', async () => {
    const scenario: Scenario = { level: 'mixed' };
    const { run } = await troubledDay(scenario, () => undefined);
    const whole = run.fs.crash({ mode: 'kill' });
    let reads = 0;
    for (let fails = true, at = 0; fails; at += figure({ short: 4, long: 1 })) {
      const disk = whole.crash({ mode: 'kill' });
      let count = 0;
      fails = false;
      disk.setOnRead(() => {
        if (count++ !== at) return undefined;
        fails = true;
        return broken;
      });
      const again = new Run(disk, scenario);
      const opening = await openNode(again.env, scenario).catch((error: AdastraError) => error);
      disk.setOnRead(undefined);
      if ('code' in opening) expect(opening.code).toMatch(/^(io_error|locked)$/);
      else await opening.close();
      const day = { run: Object.assign(again, { history: run.history }), happened: true };
      expect(await afterwards({ ...day, violations: [] })).toEqual([]);
      reads++;
    }
    expect(reads).toBeGreaterThan(5);
  });
});

describe('a disk that is full between two batches of one turn', () => {
  test('keeps the log and what is visible in step', async () => {
    const fs = new MemoryFileSystem();
    const run = new Run(fs, { level: 'always', roomy: true });
    await run.open();
    const writes: Promise<void>[] = [];
    for (let at = 0; at < 13; at++) writes.push(run.put(`big/${at}`, value(1_000_000)));
    fs.setOnOperation(atThe(1, 'write', full));
    await Promise.all(writes);
    fs.setOnOperation(undefined);
    await run.put('after', value());
    run.look();
    expect(await afterwards({ run, happened: true, violations: run.history.violations })).toEqual(
      [],
    );
  });
});
