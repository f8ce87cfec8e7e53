/**
 * A disk that fails or is full, under a real process: which error a write gets, what is kept, and
 * that the node goes on, or latches and says so, and starts again afterwards.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, type TestContext, vi } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { ours } from '../support/damaged-node.ts';
import { testFolder } from '../support/folder.ts';
import { LONG, TIMEOUT_MS } from '../support/long.ts';
import { acknowledged, type ChildEnd, runChild } from '../support/node-child.ts';
import { expectRecovered } from '../support/recovered.ts';
import { skipFor } from '../support/skip.ts';
import { injected, needStrace } from '../support/strace.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

/**
 * Which flush of a thread fails: strace counts for each thread, and background flushes go round
 * four of them, so the low numbers are the ones that are sure to come.
 */
const FLUSHES = LONG ? Array.from({ length: 30 }, (_, index) => index + 1) : [1, 3, 4, 5, 6, 9];

/** Codes of the submissions that failed, in order. */
function codesOf({ lines }: ChildEnd): string[] {
  return lines.filter((line) => line.startsWith('error ')).map((line) => line.split(' ')[2] ?? '');
}

describe('a flush that fails', () => {
  test('EIO: unknown outcome, then latched, and the next start is consistent', async (context) => {
    needStrace(context);
    const folder = testFolder('eio');
    let latched = 0;
    for (const number of FLUSHES) {
      const dataDir = join(folder, `node-${number}`);
      const call = { script: 'puts', dataDir, count: 20 } as const;
      const end = await injected(call, 'fdatasync', `error=EIO:when=${number}`);
      const codes = codesOf(end);
      const what = `flush ${number}: ${end.lines.filter((line) => !line.startsWith('ack')).join('\n')}`;
      if (codes.length > 0) {
        latched += 1;
        // One write waited for that flush; each later one is refused.
        expect(codes, what).toEqual(['unknown_outcome', ...codes.slice(1).map(() => 'latched')]);
        expect(acknowledged(end.lines).length + codes.length, what).toBe(20);
      } else
        expect(
          end.lines.some((line) => /^(closed|failed io_error)/.test(line)),
          what,
        ).toBe(true);
      await expectRecovered(dataDir, end.lines, what);
    }
    expect(latched).toBeGreaterThan(1);
  });

  test('in flight: all that waited for it are unknown, nothing is acknowledged behind it', async (context) => {
    needStrace(context);
    const dataDir = join(testFolder('eio'), 'node');
    await runChild({ script: 'puts', dataDir, count: 1 });
    const call = { script: 'flight', dataDir, count: 500 } as const;
    const end = await injected(call, 'fdatasync', 'error=EIO:when=1');
    const codes = new Set(codesOf(end));
    expect(codes).toContain('unknown_outcome');
    for (const code of codes) expect(['unknown_outcome', 'latched']).toContain(code);
    expect(acknowledged(end.lines)).toEqual([]);
    await expectRecovered(dataDir, end.lines, 'in flight');
  });
});

test('a write that finds no room is rejected as disk_full, and the next one is kept', async (context) => {
  needStrace(context);
  const folder = testFolder('nospace');
  // The first 18 are the lock's note, the term's record and space ahead, which nobody misses.
  for (const number of [20, 28, 41]) {
    const dataDir = join(folder, `node-${number}`);
    await runChild({ script: 'puts', dataDir, count: 1 });
    const call = { script: 'puts', dataDir, count: 30 } as const;
    const end = await injected(call, 'pwrite64', `error=ENOSPC:when=${number}`);
    expect(codesOf(end), `write ${number}`).toEqual(['disk_full']);
    expect(acknowledged(end.lines)).toHaveLength(29);
    const client = await Client.open({ dataDir });
    expect(client.count({ prefix: 'k/' })).toBeGreaterThanOrEqual(29);
    await client.close();
  }
});

test('a limit on file sizes (EFBIG) is disk_full, whatever was acknowledged is there', async () => {
  const dataDir = join(testFolder('limit'), 'node');
  const under = ['bash', '-c', 'ulimit -f 64; exec "$0" "$@"'];
  const end = await runChild({ script: 'puts', dataDir, count: 600, under });
  expect(new Set(codesOf(end))).toEqual(new Set(['disk_full']));
  expect(acknowledged(end.lines).length).toBeGreaterThan(100);
  await expectRecovered(dataDir, end.lines, 'ulimit -f');
});

/** A disk of `kib`, mounted for the running test. */
function smallDisk(context: TestContext, kib: number): string {
  const path = join(testFolder('disk'), 'disk');
  mkdirSync(path);
  const args = ['-t', 'tmpfs', '-o', `size=${kib}k`, 'adastra-test', path];
  const mounted = spawnSync('mount', args, { encoding: 'utf8' });
  if (mounted.status !== 0) skipFor(context, 'root, to mount a small disk (mount -t tmpfs)');
  onTestFinished(() => void spawnSync('umount', ['-l', path]));
  return path;
}

/** Leaves `bytesFree` of it. */
function fillDisk(disk: string, bytesFree: number): string {
  const filler = join(disk, 'filler');
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(filler, new Uint8Array(Math.max(0, bavail * bsize - bytesFree)));
  return filler;
}

describe('a disk of 1 MiB', () => {
  test('fills, refuses, keeps reading, and goes on once there is room', async (context) => {
    const disk = smallDisk(context, 1024);
    const client = await Client.open({ dataDir: join(disk, 'node') });
    const filler = fillDisk(disk, 64 * 1024);
    const put = (index: number): Promise<unknown> =>
      ours(() => client.put(`k/${index}`, { index, filler: 'x'.repeat(1000) }));
    let kept = 0;
    let refusal: unknown;
    for (; kept < 2000 && refusal === undefined; ) {
      const outcome = await put(kept);
      if (outcome instanceof Error) refusal = outcome;
      else kept += 1;
    }
    expect(refusal).toMatchObject({ code: 'disk_full', retryable: true });
    expect(client.count({ prefix: 'k/' })).toBe(kept);
    expect((await client.status()).health).toBe('ok');
    expect(await put(kept)).toMatchObject({ code: 'disk_full' });
    rmSync(filler);
    for (let more = 0; more < 20; more++) expect(await put(kept + more)).not.toBeInstanceOf(Error);
    await client.close();
    const again = await Client.open({ dataDir: join(disk, 'node') });
    expect(again.count({ prefix: 'k/' })).toBe(kept + 20);
    await again.close();
  });

  test('a node that is killed on a full disk says so, and starts once there is room', async (context) => {
    const disk = smallDisk(context, 1024);
    const dataDir = join(disk, 'node');
    const first = await runChild({ script: 'puts', dataDir, count: 5 });
    const filler = fillDisk(disk, 32 * 1024);
    const end = await runChild({ script: 'puts', dataDir, count: 400 });
    expect(new Set(codesOf(end))).toEqual(new Set(['disk_full']));
    const killed = await killedWhileFull(dataDir);
    const lines = [...first.lines, ...end.lines, ...killed];
    writeFileSync(join(disk, 'rest'), '');
    const full = await ours(() => Client.open({ dataDir }));
    if (full instanceof Error) expect(full).toMatchObject({ code: 'disk_full' });
    else await full.close();
    // Reading needs no room.
    const reader = await Client.open({ dataDir, readOnly: true });
    expect(reader.count({ prefix: 'k/' })).toBeGreaterThan(0);
    await reader.close();
    rmSync(filler);
    await expectRecovered(dataDir, lines, 'after a full disk');
  });

  test('no room for a first directory: disk_full, and nothing is left behind', async (context) => {
    const disk = smallDisk(context, 64);
    const filler = fillDisk(disk, 0);
    const dataDir = join(disk, 'node');
    expect(await ours(() => Client.open({ dataDir }))).toMatchObject({ code: 'disk_full' });
    expect(existsSync(dataDir)).toBe(false);
    rmSync(filler);
    await (await Client.open({ dataDir })).close();
  });
});

async function killedWhileFull(dataDir: string): Promise<readonly string[]> {
  const under = ['timeout', '-s', 'KILL', '1'];
  return (await runChild({ script: 'hold', dataDir, count: 50, under })).lines;
}
