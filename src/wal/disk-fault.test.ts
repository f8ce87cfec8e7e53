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
} from '../../test/support/log-fixture.ts';
import type { MemoryEnv } from '../env/memory/index.ts';
import type { AppendOutcome } from './commit-log.ts';

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

describe('a full disk', () => {
  test.each([true, false])('takes nothing, then everything (preallocation %s)', (preallocate) => {
    const opened = fresh({ preallocate });
    const { env, log } = opened;
    append(log, 'first');
    env.fs.setCapacity(env.fs.usedBytes + 100);
    let outcome: AppendOutcome | undefined;
    let count = 0;
    while (count < 20_000) {
      outcome = append(log, 'x'.repeat(1000));
      if (outcome?.kind !== 'ok') break;
      count++;
    }
    expect(codeOf(outcome)).toBe('rejected:disk_full');
    expect(log.headSeq).toBe(count + 1);
    expect(codeOf(append(log, 'y'.repeat(1000)))).toBe('rejected:disk_full');
    env.fs.setCapacity(Number.POSITIVE_INFINITY);
    expect(codeOf(append(log, 'after'))).toBe('ok');
    const expected = ['first', ...Array.from({ length: count }, () => 'x'.repeat(1000)), 'after'];
    expect(contents(opened)).toEqual(expected);
    const crashed = logEnv(env.fs.crash({ mode: 'lose-unsynced' }));
    expect(openLog(crashed).replayed.length).toBe(count + 2);
  });

  test('while rotating: the old segment goes on', () => {
    const opened = fresh({ segmentBytes: 600, preallocate: false });
    const { env, log } = opened;
    while (log.stat().bytes < 600) append(log, 'x'.repeat(100));
    env.fs.setCapacity(env.fs.usedBytes + 20);
    expect(codeOf(append(log, 'y'))).toBe('rejected:disk_full');
    expect(env.fs.list(`${DATA}/log`)).toEqual(['00000001.log']);
    env.fs.setCapacity(Number.POSITIVE_INFINITY);
    expect(codeOf(append(log, 'z'))).toBe('ok');
    expect(log.stat().segments.length).toBe(2);
    expect(contents(opened).at(-1)).toBe('z');
  });

  test('where even taking back fails the log is latched', () => {
    const { env, log } = fresh({ preallocate: false });
    env.fs.setOnOperation(({ kind }) => {
      if (kind === 'truncate') return { error: 'EIO' };
      return kind === 'write' ? { error: 'ENOSPC' } : undefined;
    });
    expect(codeOf(append(log, 'x'))).toBe('unknown:unknown_outcome');
    env.fs.setOnOperation(undefined);
    expect(codeOf(append(log, 'x'))).toBe('rejected:latched');
  });
});

describe('errors of the disk', () => {
  test('EIO on a write is rejected and the log goes on', () => {
    const opened = fresh({ preallocate: false });
    opened.env.fs.setOnOperation(({ kind }) => (kind === 'write' ? { error: 'EIO' } : undefined));
    expect(codeOf(append(opened.log, 'x'))).toBe('rejected:io_error');
    opened.env.fs.setOnOperation(undefined);
    expect(codeOf(append(opened.log, 'y'))).toBe('ok');
    expect(contents(opened)).toEqual(['y']);
  });

  test.each(['now', 'background'] as const)('a failed flush latches (%s)', async (mode) => {
    const opened = fresh();
    const { env, log } = opened;
    append(log, 'a');
    env.fs.setOnOperation(({ kind }) => (kind === 'sync' ? { error: 'EIO' } : undefined));
    const outcome = await new Promise<AppendOutcome>((resolve) => {
      log.append(2, batchOf('b'), mode, resolve);
    });
    expect(codeOf(outcome)).toBe('unknown:unknown_outcome');
    env.fs.setOnOperation(undefined);
    expect(log.durableSeq).toBe(1);
    let syncs = 0;
    env.fs.setOnOperation((operation) => void (syncs += operation.kind === 'sync' ? 1 : 0));
    expect(codeOf(append(log, 'c'))).toBe('rejected:latched');
    log.sync('now', (done) => expect(codeOf(done)).toBe('rejected:latched'));
    expect(syncs).toBe(0);
    expect(contents(opened)).toEqual(['a', 'b']);
    expect(log.close()?.code).toBe('latched');
  });

  test('a failed flush at rotation latches and the batch is rejected', () => {
    const { env, log } = fresh({ segmentBytes: 400 });
    while (log.stat().bytes < 400) append(log, 'x'.repeat(100), 'none');
    env.fs.setOnOperation(({ kind }) => (kind === 'sync' ? { error: 'EIO' } : undefined));
    expect(codeOf(append(log, 'y'))).toBe('rejected:latched');
  });

  test('a seal that may not last is not left behind', () => {
    const { env, log } = fresh();
    append(log, 'a');
    let syncs = 0;
    env.fs.setOnOperation(({ kind }) => {
      return kind === 'sync' && ++syncs === 1 ? { error: 'EIO' } : undefined;
    });
    expect(log.close()?.code).toBe('latched');
    const again = openLog(logEnv(env.fs.crash({ mode: 'kill' })));
    expect(again.report.sealed).toBe(false);
    expect(again.replayed).toEqual(['1+1:a']);
  });
});
