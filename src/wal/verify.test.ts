import { describe, expect, test } from 'vitest';
import {
  append,
  DATA,
  logEnv,
  newLog,
  openLog,
  openWith,
  segmentBytes,
  segmentFile,
  tryOpen,
} from '../../test/support/log-fixture.ts';
import { NodeCrypto } from '../env/node/index.ts';
import type { MemoryEnv } from '../env/memory/index.ts';
import { crc32Short, placeSeed, segmentSeed } from './checksum.ts';
import { putU32 } from './little-endian.ts';
import { repairLog } from './repair.ts';
import { LOG_ID, overwrite, WORLD } from '../../test/support/log-fixture.ts';
import { verifyLog, type VerifyOptions, type VerifyReport } from './verify.ts';

const crypto = new NodeCrypto();

/** Eight synced commits over several segments, closed. */
function closedLog(): { env: MemoryEnv; frames: { segment: number; offset: number }[] } {
  const env = logEnv();
  newLog(env);
  const { log } = openWith(env, { segmentBytes: 500, preallocate: false });
  for (let index = 1; index <= 8; index++) append(log, `content ${index}`);
  const frames = Array.from(log.read(1), ({ segment, offset }) => ({ segment, offset }));
  log.close();
  return { env, frames };
}

function verify(env: MemoryEnv, options: VerifyOptions = {}): VerifyReport {
  const running = verifyLog(env, DATA, options);
  for (;;) {
    const step = running.next();
    if (step.done === true) return step.value;
  }
}

function flip(
  env: MemoryEnv,
  frame: { segment: number; offset: number } | undefined,
  within = 100,
): void {
  if (frame === undefined) throw new Error('no such frame');
  env.fs.flipBit(segmentFile(frame.segment), frame.offset + within, 2);
}

/** Makes the checksums of a frame right again, as a program that forges would. */
function reseal(env: MemoryEnv, frame: { segment: number; offset: number }): void {
  const bytes = segmentBytes(env, frame.segment);
  const at = frame.offset;
  const end = at + 80 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 4, true);
  const seed = placeSeed(segmentSeed(WORLD, LOG_ID, frame.segment), at);
  const header = crc32Short(bytes, at, at + 72, seed);
  putU32(bytes, at + 72, crc32Short(bytes, at + 80, end, header));
  putU32(bytes, at + 76, crc32Short(bytes, at + 72, at + 76, header));
  overwrite(env, segmentFile(frame.segment), bytes);
}

describe('verify', () => {
  test('a good log', () => {
    const { env } = closedLog();
    const report = verify(env);
    expect(report).toMatchObject({ ok: true, headSeq: 8, markSeq: 8, batches: 9, problems: [] });
    expect(report.segments).toBeGreaterThan(2);
  });

  test('names every bad place in one run', () => {
    const { env, frames } = closedLog();
    flip(env, frames[0]);
    flip(env, frames[4]);
    const report = verify(env);
    expect(report.ok).toBe(false);
    expect(report.problems).toMatchObject([
      { offset: frames[0]?.offset, reason: 'frame checksum', seq: 1, severity: 'damage' },
      { offset: frames[4]?.offset, reason: 'frame checksum', seq: 5, severity: 'damage' },
    ]);
  });

  test('every flipped bit of a log is a problem', () => {
    const { env } = closedLog();
    for (const name of env.fs.list(`${DATA}/log`)) {
      const path = `${DATA}/log/${name}`;
      const size = env.fs.readAll(path).length;
      for (let offset = 0; offset < size; offset += 3) {
        env.fs.flipBit(path, offset, offset % 8);
        expect(verify(env).problems.length, `${name} ${offset}`).toBeGreaterThan(0);
        env.fs.flipBit(path, offset, offset % 8);
      }
    }
    expect(verify(env).ok).toBe(true);
  });

  test('a forged payload with right checksums fails its digest', () => {
    const { env, frames } = closedLog();
    const [frame] = frames as [{ segment: number; offset: number }];
    flip(env, frame, 86);
    reseal(env, frame);
    expect(tryOpen(env)).toHaveProperty('log');
    expect(verify(env).problems).toMatchObject([{ reason: 'batch digest', severity: 'damage' }]);
  });

  test('authored bytes are the bundle check to judge', () => {
    const { env, frames } = closedLog();
    const [frame] = frames as [{ segment: number; offset: number }];
    flip(env, frame, 80 + 5 + 36);
    reseal(env, frame);
    expect(verify(env).ok).toBe(true);
    const report = verify(env, {
      checkBundle: (authored, digest) =>
        Buffer.compare(crypto.sha256(authored), digest) === 0 ? undefined : 'chain digest',
    });
    expect(report.problems).toMatchObject([{ reason: 'chain digest', offset: frame.offset }]);
  });

  test('a torn tail is told from damage', () => {
    const env = logEnv();
    newLog(env);
    const { log } = openWith(env, { preallocate: false });
    append(log, 'a');
    append(log, 'b');
    log.abandon();
    env.fs.flipBit(segmentFile(), segmentBytes(env).length - 2, 1);
    const report = verify(env);
    expect(report).toMatchObject({ ok: true, problems: [{ severity: 'torn', seq: 2 }] });
  });

  test('a missing segment, no log', () => {
    const { env } = closedLog();
    env.fs.removeFile(segmentFile(2));
    expect(verify(env).problems[0]).toMatchObject({
      file: '00000002.log',
      reason: 'the segment is missing',
    });
    expect(verify(logEnv())).toMatchObject({
      ok: false,
      problems: [{ reason: 'there is no log' }],
    });
  });

  test('works in slices', () => {
    const env = logEnv();
    newLog(env);
    const { log } = openLog(env);
    for (let index = 0; index < 50; index++) append(log, 'x'.repeat(100_000), 'none');
    log.close();
    expect(Array.from(verifyLog(env, DATA)).length).toBeGreaterThanOrEqual(5);
  });
});

describe('repair', () => {
  test('cuts in front of the first bad batch, keeps what it cut, says what is lost', () => {
    const { env, frames } = closedLog();
    const [, , , fourth] = frames as { segment: number; offset: number }[];
    flip(env, fourth);
    expect(tryOpen(env)).toMatchObject({ code: 'log_damaged' });
    const report = repairLog(env, DATA);
    expect(report).toMatchObject({
      ok: true,
      value: {
        lastGoodSeq: 3,
        lost: { fromSeq: 4, throughSeq: 8 },
        bad: { reason: 'frame checksum' },
      },
    });
    const aside = env.fs.list(`${DATA}/aside`);
    expect(aside[0]).toBe(`${String(fourth?.segment).padStart(8, '0')}-${fourth?.offset}.damaged`);
    const { log, replayed } = openLog(env);
    expect(replayed.length).toBe(3);
    append(log, 'new');
    log.close();
    expect(verify(env).ok).toBe(true);
    expect(verify(env).headSeq).toBe(4);
  });

  test('a header in the middle', () => {
    const { env } = closedLog();
    env.fs.flipBit(segmentFile(2), 50, 0);
    const report = repairLog(env, DATA);
    expect(report).toMatchObject({
      ok: true,
      value: { bad: { segment: 2, offset: 0 }, lost: { throughSeq: 8 } },
    });
    expect(tryOpen(env)).toHaveProperty('log');
    expect(env.fs.list(`${DATA}/log`)).toEqual(['00000001.log']);
  });

  test('a wrong digest is cut too', () => {
    const { env, frames } = closedLog();
    const frame = frames[5] as { segment: number; offset: number };
    flip(env, frame, 86);
    reseal(env, frame);
    expect(repairLog(env, DATA)).toMatchObject({
      ok: true,
      value: { lastGoodSeq: 5, bad: { reason: 'batch digest' } },
    });
    expect(verify(env).ok).toBe(true);
  });

  test('refuses when nothing is wrong, and without a first header', () => {
    const { env } = closedLog();
    const operations = env.fs.operationCount;
    expect(repairLog(env, DATA)).toMatchObject({ ok: false, error: { code: 'condition_failed' } });
    env.fs.flipBit(segmentFile(1), 50, 0);
    expect(repairLog(env, DATA)).toMatchObject({ ok: false, error: { code: 'log_damaged' } });
    expect(env.fs.operationCount).toBe(operations);
  });

  test('a crash at any step leaves a log that the same command repairs', () => {
    const { env, frames } = closedLog();
    flip(env, frames[3]);
    for (let step = 0; step < 60; step++) {
      const copy = logEnv(env.fs.crash({ mode: 'kill', fileSystem: { freezeAfter: step } }));
      repairLog(copy, DATA);
      const fileSystem = { freezeAfter: Number.POSITIVE_INFINITY };
      const after = logEnv(copy.fs.crash({ mode: 'lose-unsynced', fileSystem }));
      repairLog(after, DATA);
      expect(openLog(after).replayed.length, `step ${step}`).toBe(3);
    }
  });
});
