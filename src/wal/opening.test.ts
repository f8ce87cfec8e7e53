import { describe, expect, test } from 'vitest';
import {
  append,
  DATA,
  LOG_ID,
  logEnv,
  newLog,
  openLog,
  overwrite,
  segmentBytes,
  segmentFile,
  tryOpen,
  WORLD,
} from '../../test/support/log-fixture.ts';
import { AdastraError } from '../core/index.ts';
import type { MemoryEnv } from '../env/memory/index.ts';
import { Prng } from '../core/prng.ts';
import { BatchBuilder } from './batch-builder.ts';
import type { SyncMode } from './commit-log.ts';
import { createLog } from './create.ts';
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

describe('what opening checks first', () => {
  test('no log, another world, a newer format, an unknown critical record', () => {
    expect(errorOf(tryOpen(logEnv())).code).toBe('not_initialized');
    const { env } = logWith(SYNCED);
    expect(errorOf(tryOpen(env, { worldId: new Uint8Array(16) }))).toMatchObject({
      code: 'world_mismatch',
      details: { expected: '00'.repeat(16), actual: '07'.repeat(16) },
    });
    expect(openLog(env, { worldId: WORLD }).replayed.length).toBe(3);
    const bytes = segmentBytes(env);
    bytes[8] = 2;
    overwrite(env, segmentFile(), bytes);
    expect(errorOf(tryOpen(env)).code).toBe('upgrade_needed');
    for (const access of ['read', 'write'] as const) {
      const critical = withUnknownRecord(0xc0);
      expect(errorOf(tryOpen(critical, { access })).code).toBe('upgrade_needed');
      expect(openLog(withUnknownRecord(0x40), { access }).replayed.length).toBe(1);
    }
  });

  function withUnknownRecord(kind: number): MemoryEnv {
    const env = logEnv();
    newLog(env);
    const { log } = openLog(env);
    append(log, 'a');
    const batch = new BatchBuilder();
    batch.beginRecord(kind);
    batch.endRecord();
    log.append(2, batch, 'now', () => undefined);
    log.close();
    return env;
  }

  test('a log is made once', () => {
    const env = logEnv();
    newLog(env);
    const again = createLog(env, DATA, { worldId: WORLD, logId: LOG_ID, term: 1 });
    expect(again).toMatchObject({ ok: false, error: { code: 'already_exists' } });
  });

  test('a log can begin behind a base', () => {
    const env = logEnv();
    const previousDigest = new Uint8Array(32).fill(5);
    createLog(env, DATA, { worldId: WORLD, logId: LOG_ID, term: 4, firstSeq: 101, previousDigest });
    const { log, report } = openLog(env, {
      fromSeq: 100,
      witnessSeq: 100,
      fromDigest: previousDigest,
    });
    expect(report.fromDigestSeen).toBe(true);
    expect([log.baseSeq, log.headSeq, log.term]).toEqual([100, 100, 5]);
    expect(log.headDigest).toEqual(previousDigest);
    append(log, 'x');
    expect(openLog(env, { access: 'read' }).replayed).toEqual([]);
    log.close();
    expect(openLog(env).replayed).toEqual(['101+1:x']);
  });
});

describe('what opening makes sure of', () => {
  test('an unclean end is copied to a new file; a sealed log is not touched', () => {
    const { env } = logWith(SYNCED);
    const inode = env.fs.stat(segmentFile())?.inode;
    const { log } = openLog(env);
    expect(env.fs.stat(segmentFile())?.inode).not.toBe(inode);
    log.close();
    const sealed = env.fs.stat(segmentFile())?.inode;
    openLog(env).log.close();
    expect(env.fs.stat(segmentFile())?.inode).toBe(sealed);
  });

  test('a tail that was only in the page cache is on the disk once the log is open', () => {
    const { env } = logWith([
      ['a', 'none'],
      ['b', 'none'],
    ]);
    const { log } = openLog(env);
    expect(log.durableSeq).toBe(2);
    const crashed = logEnv(env.fs.crash({ mode: 'lose-unsynced' }));
    expect(openLog(crashed).replayed.length).toBe(2);
  });

  test('left-over files of a crash are removed', () => {
    const { env } = logWith(SYNCED);
    overwrite(env, `${segmentFile(2)}.new`, new Uint8Array(9));
    openLog(env);
    expect(env.fs.list(`${DATA}/log`)).toEqual(['00000001.log']);
  });

  test('a crash at any step of setting a torn tail aside ends the same', () => {
    const appends = Array.from(
      { length: 8 },
      (_, index) => [`content ${index + 1}`, 'now'] as const,
    );
    const { env, frames } = logWith(appends, { options: { segmentBytes: 500 } });
    const last = frames.at(-1) as Frame;
    damageFrame(env, last);
    overwrite(env, segmentFile(last.segment + 1), new Uint8Array(30).fill(1));
    for (let step = 0; step < 60; step++) {
      for (const mode of ['kill', 'lose-unsynced', 'torn', 'torn-any'] as const) {
        const copy = logEnv(env.fs.crash({ mode: 'kill', fileSystem: { freezeAfter: step } }));
        tryOpen(copy);
        const after = logEnv(
          copy.fs.crash({
            mode,
            rng: new Prng(step),
            fileSystem: { freezeAfter: Number.POSITIVE_INFINITY },
          }),
        );
        expect(openLog(after).replayed.length, `step ${step} ${mode}`).toBe(7);
      }
    }
  });

  test('no room for the copy: disk_full, and it opens once there is', () => {
    const { env } = logWith(SYNCED);
    env.fs.setCapacity(env.fs.usedBytes + 10);
    expect(errorOf(tryOpen(env)).code).toBe('disk_full');
    env.fs.setCapacity(Number.POSITIVE_INFINITY);
    expect(openLog(env).replayed.length).toBe(3);
  });

  test('what the disk cannot do comes as an error', () => {
    const { env } = logWith(SYNCED);
    env.fs.setOnRead(({ kind }) => (kind === 'read' ? { error: 'EIO' } : undefined));
    expect(errorOf(tryOpen(env)).code).toBe('io_error');
    env.fs.setOnRead(({ kind }) => (kind === 'open' ? { error: 'EACCES' } : undefined));
    expect(errorOf(tryOpen(env)).code).toBe('permission_denied');
  });
});

describe('opening for reading', () => {
  test('shows what is below the mark and changes nothing', () => {
    const { env } = logWith([
      ['a', 'now'],
      ['b', 'now'],
      ['c', 'none'],
    ]);
    const operations = env.fs.operationCount;
    const { log, report, replayed } = openLog(env, { access: 'read' });
    expect(replayed).toEqual(['1+1:a', '2+1:b']);
    expect(report).toMatchObject({ headSeq: 2, markSeq: 2, damage: undefined });
    expect(Array.from(log.read(1)).length).toBe(2);
    expect(append(log, 'x')).toMatchObject({ kind: 'rejected', error: { code: 'read_only' } });
    log.close();
    expect(env.fs.operationCount).toBe(operations);
  });

  test('serves what stands before damage', () => {
    const { env, frames } = logWith(SYNCED);
    damageFrame(env, frames[1]);
    const { report, replayed } = openLog(env, { access: 'read' });
    expect(replayed).toEqual(['1+1:a']);
    expect(report.damage).toMatchObject({ lastGoodSeq: 1, markSeq: 2 });
  });

  test('a torn tail is neither shown nor damage', () => {
    const { env, frames } = logWith(SYNCED, { options: { preallocate: true } });
    damageFrame(env, frames[2]);
    const { report, replayed, log } = openLog(env, { access: 'read' });
    expect(replayed.length).toBe(2);
    expect(report.damage).toBeUndefined();
    expect(Array.from(log.read(1)).length).toBe(2);
  });

  test('reads what went bad after it was opened as damage', () => {
    const { env, frames } = logWith(SYNCED, { close: true });
    const { log } = openLog(env);
    damageFrame(env, frames[1]);
    expect(() => Array.from(log.read(1))).toThrow(expect.objectContaining({ code: 'log_damaged' }));
  });
});
