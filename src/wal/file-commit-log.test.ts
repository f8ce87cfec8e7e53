import { describe, expect, test } from 'vitest';
import {
  append,
  batchOf,
  contentOf,
  DATA,
  logEnv,
  newLog,
  openLog,
  openWith,
  type OpenedLog,
  segmentBytes,
  segmentFile,
} from '../../test/support/log-fixture.ts';
import { AdastraError } from '../core/index.ts';
import type { MemoryEnv } from '../env/memory/index.ts';
import { BatchBuilder } from './batch-builder.ts';
import type { AppendOutcome } from './commit-log.ts';
import { RECORD_KIND } from './format.ts';

function fresh(options = {}): OpenedLog & { env: MemoryEnv } {
  const env = logEnv();
  newLog(env);
  return { env, ...openWith(env, options) };
}

function codeOf(outcome: AppendOutcome | undefined): string {
  if (outcome === undefined) return 'pending';
  return 'error' in outcome ? `${outcome.kind}:${outcome.error.code}` : outcome.kind;
}

function contents(opened: OpenedLog, from = 1): string[] {
  return Array.from(opened.log.read(from), (batch) =>
    batch.count > 0 ? contentOf(batch) : '',
  ).filter(Boolean);
}

describe('append', () => {
  test('numbers commits, chains digests, is read back', () => {
    const opened = fresh();
    const { log, env } = opened;
    expect([log.headSeq, log.durableSeq, log.baseSeq]).toEqual([0, 0, 0]);
    expect(append(log, 'a')?.kind).toBe('ok');
    const digest = log.headDigest;
    expect(append(log, 'b', 'none', 3)?.kind).toBe('ok');
    expect([log.headSeq, log.durableSeq]).toEqual([4, 1]);
    expect(log.headDigest).not.toEqual(digest);
    expect(contents(opened)).toEqual(['a', 'b']);
    expect(contents(opened, 3)).toEqual(['b']);
    expect(Array.from(log.read(1, { toSeq: 1 })).length).toBe(1);
    expect(log.close()).toBeUndefined();
    const again = openLog(env);
    expect(again.report).toMatchObject({ sealed: true, headSeq: 4, torn: undefined });
    expect(again.replayed).toEqual(['1+1:a', '2+3:b']);
    expect(again.log.term).toBe(log.term + 1);
  });

  test('another seq is a conflict and changes nothing', () => {
    const { log, env } = fresh();
    append(log, 'a');
    const before = segmentBytes(env);
    for (const seq of [1, 3, 0]) {
      log.append(seq, batchOf('x'), 'now', (outcome) => {
        expect(outcome).toEqual({ kind: 'conflict', head: 1 });
      });
    }
    expect(Buffer.compare(segmentBytes(env), before)).toBe(0);
  });

  test('a background flush answers later, and only then is it durable', async () => {
    const { log } = fresh();
    const outcome = new Promise<AppendOutcome>((resolve) => {
      log.append(1, batchOf('a'), 'background', resolve);
    });
    expect([log.headSeq, log.durableSeq]).toEqual([1, 0]);
    expect(() => log.sync('now', () => undefined)).toThrow('one append or sync');
    expect((await outcome).kind).toBe('ok');
    expect(log.durableSeq).toBe(1);
    expect(log.stat()).toMatchObject({ batchCount: 1, syncCount: 1 });
  });

  test('sync makes notes durable too', () => {
    const { log, env } = fresh();
    const note = new BatchBuilder();
    note.beginRecord(RECORD_KIND.localNote);
    note.frame.u8(9);
    note.endRecord();
    log.append(1, note, 'none', () => undefined);
    let syncs = 0;
    env.fs.setOnOperation((operation) => void (syncs += operation.kind === 'sync' ? 1 : 0));
    log.sync('now', (outcome) => expect(outcome.kind).toBe('ok'));
    log.sync('now', (outcome) => expect(outcome.kind).toBe('ok'));
    expect(syncs).toBe(1);
  });

  test('a payload above the limit is rejected', () => {
    const { log } = fresh({ frameBytesMax: 100 });
    expect(codeOf(append(log, 'x'.repeat(200)))).toBe('rejected:limit_exceeded');
    expect(codeOf(append(log, 'x'))).toBe('ok');
  });

  test('short writes are completed', () => {
    const opened = fresh({ preallocate: false });
    opened.env.fs.setOnOperation(({ kind }) => (kind === 'write' ? { shortWrite: 7 } : undefined));
    expect(codeOf(append(opened.log, 'hello'))).toBe('ok');
    expect(contents(opened)).toEqual(['hello']);
  });

  test('after close nothing is taken', () => {
    const { log } = fresh();
    log.close();
    expect(codeOf(append(log, 'x'))).toBe('rejected:closed');
    expect(log.close()).toBeUndefined();
  });
});

describe('zeros ahead', () => {
  test('are written for small synced batches and cut off at close', () => {
    const { env, log } = fresh();
    append(log, 'a');
    expect(segmentBytes(env).length).toBeGreaterThan(1024 * 1024);
    log.close();
    expect(segmentBytes(env).length).toBe(log.stat().bytes);
  });

  test('not for large ones, not without syncs, not when switched off', () => {
    for (const [options, mode, size] of [
      [{}, 'now', 200_000],
      [{}, 'none', 5],
      [{ preallocate: false }, 'now', 5],
    ] as const) {
      const { env, log } = fresh(options);
      append(log, 'x'.repeat(size), mode);
      expect(segmentBytes(env).length).toBe(log.stat().bytes);
    }
  });
});

describe('rotation', () => {
  test('goes on in the next segment, all of it readable from any seq', () => {
    const opened = fresh({ segmentBytes: 1000 });
    const { env, log } = opened;
    const expected: string[] = [];
    for (let index = 1; index <= 40; index++) {
      expected.push(`content ${index}`);
      expect(codeOf(append(log, `content ${index}`, index % 3 === 0 ? 'now' : 'none'))).toBe('ok');
    }
    expect(log.stat().segments.length).toBeGreaterThan(3);
    for (let from = 1; from <= 40; from++)
      expect(contents(opened, from)).toEqual(expected.slice(from - 1));
    log.close();
    expect(openLog(env).replayed.length).toBe(40);
    const late = openLog(env, { fromSeq: 30 });
    expect(late.replayed.length).toBe(10);
    expect(late.report.batchCount).toBeLessThan(20);
    expect(contents(late, 2)).toEqual(expected.slice(1));
  });

  test('positions inside a large segment', () => {
    const opened = fresh();
    for (let index = 1; index <= 300; index++)
      append(opened.log, `${index}:${'x'.repeat(1500)}`, 'none');
    for (let from = 1; from <= 300; from++) {
      const [first] = opened.log.read(from, { toSeq: from });
      expect(first?.firstSeq).toBe(from);
    }
  });

  test('dropBelow removes whole segments and moves the base', () => {
    const opened = fresh({ segmentBytes: 500 });
    const { env, log } = opened;
    for (let index = 1; index <= 20; index++) append(log, `content ${index}`);
    const second = log.stat().segments[1]?.firstSeq as number;
    expect(log.dropBelow(second - 2)).toEqual({ removed: 0, error: undefined });
    expect(log.dropBelow(second - 1)).toEqual({ removed: 1, error: undefined });
    expect(log.baseSeq).toBe(second - 1);
    expect(() => contents(opened, 1)).toThrow(AdastraError);
    expect(contents(opened, second).length).toBe(20 - second + 1);
    log.dropBelow(1000);
    expect(log.stat().segments.length).toBe(1);
    log.close();
    const again = openLog(env, { fromSeq: log.baseSeq });
    expect([again.report.baseSeq, again.log.headSeq]).toEqual([log.baseSeq, 20]);
  });
});

describe('the fence', () => {
  function replaceFile(env: MemoryEnv): void {
    const bytes = segmentBytes(env);
    const file = env.fs.open(`${DATA}/other`, 'create');
    file.write(bytes, 0, bytes.length, 0);
    file.close();
    env.fs.rename(`${DATA}/other`, segmentFile());
  }

  test.each([
    ['replaced', replaceFile],
    ['gone', (env: MemoryEnv): void => env.fs.removeFile(segmentFile())],
    [
      'cut',
      (env: MemoryEnv): void => {
        const file = env.fs.open(segmentFile(), 'readWrite');
        file.truncate(10);
        file.close();
      },
    ],
  ])('a segment that was %s latches the log', (_name, disturb) => {
    const { env, log } = fresh();
    append(log, 'a');
    disturb(env);
    env.clock.advance(101);
    expect(codeOf(append(log, 'b'))).toBe('rejected:latched');
    env.clock.advance(101);
    expect(codeOf(append(log, 'b'))).toBe('rejected:latched');
  });
});

describe('marks', () => {
  test('the idle note is written once and carries the mark', () => {
    const { env, log } = fresh();
    log.writeMark();
    expect(log.stat().batchCount).toBe(0);
    append(log, 'a');
    log.writeMark();
    log.writeMark();
    expect(log.stat().batchCount).toBe(2);
    expect(log.headSeq).toBe(1);
    const reader = openLog(env, { access: 'read' });
    expect(reader.log.headSeq).toBe(1);
    append(log, 'b');
    expect(openLog(env, { access: 'read' }).log.headSeq).toBe(1);
  });
});
