import { describe, expect, test } from 'vitest';
import {
  append,
  DATA,
  logEnv,
  newLog,
  openLog,
  overwrite,
  segmentBytes,
  segmentFile,
  tryOpen,
} from '../../test/support/log-fixture.ts';
import { AdastraError } from '../core/index.ts';
import type { MemoryEnv } from '../env/memory/index.ts';
import type { SyncMode } from './commit-log.ts';
import { type LogOptions } from './options.ts';

interface Frame {
  readonly segment: number;
  readonly offset: number;
}

/** A log with these appends, left as a kill leaves it (`close` seals it instead). */
function logWith(
  appends: readonly (readonly [string, SyncMode])[],
  setup: { close?: boolean; options?: LogOptions } = {},
): { env: MemoryEnv; frames: Frame[] } {
  const env = logEnv();
  newLog(env);
  const options = { preallocate: false, ...setup.options };
  const { log } = openLog(env, { options });
  for (const [content, mode] of appends) append(log, content, mode);
  const frames = Array.from(log.read(1), ({ segment, offset }) => ({ segment, offset }));
  if (setup.close === true) log.close();
  else log.abandon();
  return { env, frames };
}

function damageFrame(env: MemoryEnv, frame: Frame | undefined, within = 90): void {
  if (frame === undefined) throw new Error('no such frame');
  env.fs.flipBit(segmentFile(frame.segment), frame.offset + within, 3);
}

function errorOf(opened: ReturnType<typeof tryOpen>): AdastraError {
  if (opened instanceof AdastraError) return opened;
  throw new Error('it opened');
}

const SYNCED = [
  ['a', 'now'],
  ['b', 'now'],
  ['c', 'now'],
] as const;

describe('torn tail or damage', () => {
  test('a bad last batch above every mark is set aside', () => {
    const { env, frames } = logWith(SYNCED);
    damageFrame(env, frames[2]);
    const size = segmentBytes(env).length;
    const { report, replayed, log } = openLog(env);
    expect(replayed).toEqual(['1+1:a', '2+1:b']);
    const bytes = size - (frames[2] as Frame).offset;
    expect(report.torn).toMatchObject({
      segment: 1,
      offset: frames[2]?.offset,
      bytes,
      reason: 'frame checksum',
    });
    expect(env.fs.list(`${DATA}/aside`)).toEqual([`00000001-${frames[2]?.offset}.torn`]);
    expect(segmentBytes(env).length).toBe(frames[2]?.offset);
    expect(append(log, 'd')?.kind).toBe('ok');
    log.close();
    expect(openLog(env).replayed).toEqual(['1+1:a', '2+1:b', '3+1:d']);
  });

  test('a bad batch below the mark of the batch behind it is damage', () => {
    const { env, frames } = logWith(SYNCED);
    damageFrame(env, frames[1]);
    const before = segmentBytes(env);
    const error = errorOf(tryOpen(env));
    expect(error.code).toBe('log_damaged');
    expect(error.details).toMatchObject({
      file: '00000001.log',
      offset: frames[1]?.offset,
      reason: 'frame checksum',
      lastGoodSeq: 1,
      markSeq: 2,
      repair: `adastra log repair --data ${DATA}`,
    });
    expect(segmentBytes(env)).toEqual(before);
  });

  test('unsynced batches: a bad one is torn even with good ones behind it', () => {
    const { env, frames } = logWith([
      ['a', 'now'],
      ['b', 'none'],
      ['c', 'none'],
      ['d', 'none'],
    ]);
    damageFrame(env, frames[1]);
    const { report, replayed } = openLog(env);
    expect(replayed).toEqual(['1+1:a']);
    expect(report.torn?.offset).toBe(frames[1]?.offset);
  });

  test('the same with a synced batch among them is damage', () => {
    const { env, frames } = logWith([
      ['a', 'now'],
      ['b', 'none'],
      ['c', 'now'],
      ['d', 'none'],
    ]);
    damageFrame(env, frames[1]);
    expect(errorOf(tryOpen(env)).details).toMatchObject({ lastGoodSeq: 1, markSeq: 3 });
  });

  test('a seal proves everything before it', () => {
    const { env, frames } = logWith(SYNCED, { close: true });
    damageFrame(env, frames[2]);
    expect(errorOf(tryOpen(env)).details).toMatchObject({ lastGoodSeq: 2, markSeq: 3 });
  });

  test('a damaged seal alone costs nothing', () => {
    const { env } = logWith(SYNCED, { close: true });
    env.fs.flipBit(segmentFile(), segmentBytes(env).length - 1, 0);
    const { report, replayed } = openLog(env);
    expect(replayed.length).toBe(3);
    expect(report).toMatchObject({ sealed: false, torn: { bytes: 85 } });
  });

  test('a witness makes damage of a bad or missing last batch', () => {
    const { env, frames } = logWith(SYNCED);
    damageFrame(env, frames[2]);
    expect(errorOf(tryOpen(env, { witnessSeq: 3 })).details).toMatchObject({ markSeq: 3 });
    const missing = logWith(SYNCED);
    overwrite(
      missing.env,
      segmentFile(),
      segmentBytes(missing.env).slice(0, missing.frames[2]?.offset),
    );
    const error = errorOf(tryOpen(missing.env, { witnessSeq: 3 }));
    expect(error.details).toMatchObject({
      lastGoodSeq: 2,
      reason: expect.stringContaining('ends before seq 3'),
    });
    expect(openLog(missing.env, { witnessSeq: 2 }).replayed.length).toBe(2);
  });

  test.each([
    ['marker', 0],
    ['header checksum', 5],
    ['header checksum', 17],
    ['header checksum', 70],
    ['header checksum', 73],
    ['header checksum', 77],
    ['frame checksum', 80],
  ])('reason "%s" for byte %d', (reason, within) => {
    const { env, frames } = logWith(SYNCED);
    damageFrame(env, frames[0], within);
    expect(errorOf(tryOpen(env)).details).toMatchObject({ reason, lastGoodSeq: 0, markSeq: 2 });
  });

  test('every length of the last batch is a torn tail', () => {
    const { env, frames } = logWith(SYNCED);
    const whole = segmentBytes(env);
    const { offset } = frames[2] as Frame;
    for (let length = offset; length < whole.length; length++) {
      const copy = logEnv(env.fs.crash({ mode: 'kill' }));
      overwrite(copy, segmentFile(), whole.slice(0, length));
      const { replayed, report } = openLog(copy);
      expect(replayed.length).toBe(2);
      expect(report.torn?.bytes).toBe(length === offset ? undefined : length - offset);
    }
  });

  test('zeros behind the end are nothing, even many', () => {
    const { env } = logWith(SYNCED);
    const whole = segmentBytes(env);
    const longer = new Uint8Array(whole.length + 3_000_001);
    longer.set(whole);
    overwrite(env, segmentFile(), longer);
    expect(openLog(env).report).toMatchObject({ torn: undefined, headSeq: 3 });
    expect(segmentBytes(env).length).toBe(whole.length);
  });

  test('garbage behind the end is torn', () => {
    const { env } = logWith(SYNCED);
    const whole = segmentBytes(env);
    const longer = new Uint8Array(whole.length + 5000).fill(0x41);
    longer.set(whole);
    overwrite(env, segmentFile(), longer);
    expect(openLog(env).report).toMatchObject({ headSeq: 3, torn: { bytes: 5000 } });
  });
});

describe('segments', () => {
  const many = Array.from({ length: 12 }, (_, index) => [`content ${index + 1}`, 'now'] as const);
  const options = { segmentBytes: 500 };

  test('a bad batch in an older segment is damage: rotation synced it', () => {
    const { env, frames } = logWith(
      many.map(([content]) => [content, 'none']),
      { options },
    );
    damageFrame(env, frames[1]);
    expect(errorOf(tryOpen(env)).details).toMatchObject({ file: '00000001.log', lastGoodSeq: 1 });
  });

  test('a missing segment is damage', () => {
    const { env } = logWith(many, { options });
    env.fs.removeFile(segmentFile(2));
    expect(errorOf(tryOpen(env))).toMatchObject({
      code: 'log_damaged',
      details: { file: '00000003.log' },
    });
  });

  test('swapped segments are damage', () => {
    const { env } = logWith(many, { options });
    const [two, three] = [segmentBytes(env, 2), segmentBytes(env, 3)];
    overwrite(env, segmentFile(2), three);
    overwrite(env, segmentFile(3), two);
    expect(errorOf(tryOpen(env)).details).toMatchObject({ reason: 'this is segment 3' });
  });

  test('half a header in the newest segment is torn; the segment before it is the last one', () => {
    const { env } = logWith(many, { options });
    const last = env.fs.list(`${DATA}/log`).length;
    const head = openLog(env, { access: 'read' }).log.headSeq;
    overwrite(env, segmentFile(last + 1), segmentBytes(env, last).slice(0, 60));
    const { report, log } = openLog(env);
    expect(report.torn).toMatchObject({ segment: last + 1, offset: 0, bytes: 60 });
    expect(env.fs.list(`${DATA}/log`).length).toBe(last);
    expect(log.headSeq).toBeGreaterThanOrEqual(head);
    expect(append(log, 'more')?.kind).toBe('ok');
  });

  test('a damaged first header names itself', () => {
    const { env } = logWith(many, { options });
    env.fs.flipBit(segmentFile(1), 60, 0);
    expect(errorOf(tryOpen(env)).details).toMatchObject({
      offset: 0,
      reason: 'segment header checksum',
    });
    env.fs.flipBit(segmentFile(1), 0, 0);
    expect(errorOf(tryOpen(env)).details).toMatchObject({ reason: 'not a commit log' });
  });

  test('an older segment below fromSeq is not read, but its header is', () => {
    const { env, frames } = logWith(many, { options });
    damageFrame(env, frames[0]);
    expect(openLog(env, { fromSeq: 10 }).replayed.length).toBe(2);
    env.fs.flipBit(segmentFile(2), 60, 0);
    expect(errorOf(tryOpen(env, { fromSeq: 10 })).code).toBe('log_damaged');
  });

  test('the digest at fromSeq is looked for', () => {
    const { env } = logWith(many, { options });
    const { log } = openLog(env, { options: { ...options, preallocate: false } });
    const digest = Array.from(log.read(9, { toSeq: 9 }), (batch) =>
      batch.digest.slice(),
    )[0] as Uint8Array;
    log.close();
    expect(openLog(env, { fromSeq: 9, fromDigest: digest }).report.fromDigestSeen).toBe(true);
    expect(openLog(env, { fromSeq: 8, fromDigest: digest }).report.fromDigestSeen).toBe(false);
    expect(openLog(env).report.fromDigestSeen).toBeUndefined();
  });
});
