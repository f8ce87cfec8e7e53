import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  append,
  contentOf,
  DATA,
  LOG_ID,
  logEnv,
  newLog,
  openLog,
  openWith,
  overwrite,
  segmentBytes,
  segmentFile,
  WORLD,
} from '../../test/support/log-fixture.ts';
import { Prng } from '../core/prng.ts';
import type { MemoryEnv } from '../env/memory/index.ts';
import type { CommitLog } from './commit-log.ts';
import { createLog } from './create.ts';
import { type FollowerOptions, type LogFollower, openFollower } from './follower.ts';

function fresh(options = {}): { env: MemoryEnv; log: CommitLog } {
  const env = logEnv();
  newLog(env);
  return { env, log: openWith(env, options).log };
}

/** What one poll hands out, or what it says instead. */
function poll(follower: LogFollower): string[] {
  const polled = follower.poll();
  if (polled.kind === 'reset') return [`reset: ${polled.reason}`];
  if (polled.kind === 'problem') return [`problem: ${polled.error.code}`];
  return polled.batches.filter((batch) => batch.count > 0).map((batch) => contentOf(batch));
}

function follow(env: MemoryEnv, options: FollowerOptions = {}): LogFollower {
  return openFollower(env, DATA, options);
}

describe('follower', () => {
  test('hands out what the marks allow, once', () => {
    const { env, log } = fresh();
    const follower = follow(env);
    expect(poll(follower)).toEqual([]);
    append(log, 'a');
    expect(poll(follower)).toEqual([]);
    append(log, 'b');
    expect(poll(follower)).toEqual(['a']);
    log.writeMark();
    expect(poll(follower)).toEqual(['b']);
    append(log, 'c', 'none');
    append(log, 'd', 'none');
    expect(poll(follower)).toEqual([]);
    log.close();
    expect(poll(follower)).toEqual(['c', 'd']);
    expect(poll(follower)).toEqual([]);
    expect([follower.seq, follower.markSeq]).toEqual([4, 4]);
    follower.close();
  });

  test('before there is a log there is nothing', () => {
    const env = logEnv();
    const follower = follow(env);
    expect(poll(follower)).toEqual([]);
    newLog(env);
    const { log } = openLog(env);
    append(log, 'a');
    log.close();
    expect(poll(follower)).toEqual(['a']);
  });

  test('begins after a seq, also inside a batch', () => {
    const { env, log } = fresh();
    append(log, 'a', 'now', 3);
    append(log, 'b', 'now', 3);
    append(log, 'c', 'now', 3);
    log.close();
    expect(poll(follow(env, { fromSeq: 3 }))).toEqual(['b', 'c']);
    expect(poll(follow(env, { fromSeq: 4 }))).toEqual(['b', 'c']);
    expect(poll(follow(env, { fromSeq: 9 }))).toEqual([]);
    expect(poll(follow(env, { fromSeq: 10 }))).toEqual(['reset: the log ends before seq 10']);
  });

  test('polls are bounded, and go on', () => {
    const { env, log } = fresh();
    for (let index = 0; index < 20; index++) append(log, `${index}`.padEnd(1000), 'none');
    log.close();
    const follower = follow(env, { pollBytes: 3000 });
    const seen: number[] = [];
    for (let polls = 0; polls < 10; polls++) seen.push(poll(follower).length);
    expect(seen).toEqual([3, 3, 3, 3, 3, 3, 2, 0, 0, 0]);
  });

  test('through rotation', () => {
    const { env, log } = fresh({ segmentBytes: 700 });
    const follower = follow(env);
    const seen: string[] = [];
    const expected: string[] = [];
    for (let index = 1; index <= 30; index++) {
      expected.push(`content ${index}`);
      append(log, `content ${index}`);
      if (index % 4 === 0) seen.push(...poll(follower));
    }
    log.writeMark();
    seen.push(...poll(follower));
    expect(log.stat().segments.length).toBeGreaterThan(3);
    expect(seen).toEqual(expected);
  });

  test('through a torn tail and the copy of the last segment', () => {
    const { env, log } = fresh({ preallocate: false });
    const follower = follow(env);
    append(log, 'a');
    append(log, 'b');
    log.writeMark();
    append(log, 'lost', 'none');
    log.abandon();
    expect(poll(follower)).toEqual(['a', 'b']);
    env.fs.flipBit(segmentFile(), segmentBytes(env).length - 1, 1);
    expect(poll(follower)).toEqual([]);
    expect(poll(follower)).toEqual([]);
    const again = openLog(env);
    expect(again.report.torn).toBeDefined();
    expect(poll(follower)).toEqual([]);
    append(again.log, 'c');
    again.log.close();
    expect(poll(follower)).toEqual(['c']);
  });

  test('a half-written batch is waited for', () => {
    const { env, log } = fresh({ preallocate: false });
    append(log, 'a');
    log.writeMark();
    const before = segmentBytes(env).length;
    append(log, 'b');
    log.close();
    const whole = segmentBytes(env);
    const follower = follow(env);
    for (let length = before; length < whole.length - 85; length += 3) {
      const file = env.fs.open(segmentFile(), 'readWrite');
      file.truncate(length);
      file.close();
      expect(poll(follower)).toEqual(length === before ? ['a'] : []);
    }
    const file = env.fs.open(segmentFile(), 'readWrite');
    file.write(whole, 0, whole.length, 0);
    expect(poll(follower)).toEqual(['b']);
  });

  test('damage below a mark is a problem at the second look, not before', () => {
    const { env, log } = fresh({ preallocate: false });
    for (const content of ['a', 'b', 'c', 'd']) append(log, content);
    const offsets = Array.from(log.read(1), (batch) => batch.offset);
    log.close();
    env.fs.flipBit(segmentFile(), (offsets[1] as number) + 85, 0);
    const follower = follow(env);
    expect(poll(follower)).toEqual([]);
    // What stands behind it tells how far the log was durable.
    expect(poll(follower)).toEqual(['a']);
    expect(follower.markSeq).toBe(4);
    expect(poll(follower)).toEqual(['problem: log_damaged']);
  });

  test('another world, another log, a place that is gone', () => {
    const { env, log } = fresh({ segmentBytes: 400 });
    for (let index = 1; index <= 12; index++) append(log, `content ${index}`);
    log.writeMark();
    expect(poll(follow(env, { worldId: new Uint8Array(16) }))).toEqual(['problem: world_mismatch']);
    const wrong = follow(env, { fromSeq: 5, fromDigest: new Uint8Array(32), worldId: WORLD });
    expect(poll(wrong)).toEqual(['reset: another batch stands at our place']);
    const slow = follow(env, { fromSeq: 1 });
    log.dropBelow(8);
    expect(poll(slow)[0]).toMatch(/^reset: the log begins with seq/);
    slow.restart(log.baseSeq);
    expect(poll(slow).length).toBe(12 - log.baseSeq);
    log.close();
    for (const name of env.fs.list(`${DATA}/log`)) env.fs.removeFile(`${DATA}/log/${name}`);
    createLog(env, DATA, {
      worldId: WORLD,
      logId: LOG_ID.map((byte) => byte + 1),
      term: 1,
      firstSeq: 13,
    });
    expect(poll(slow)).toEqual(['reset: this is another log']);
    expect(poll(slow)).toEqual(['reset: this is another log']);
  });

  test('errors of the disk are problems, and pass', () => {
    const { env, log } = fresh();
    append(log, 'a');
    log.writeMark();
    const follower = follow(env);
    env.fs.setOnRead(({ kind }) => (kind === 'read' ? { error: 'EIO' } : undefined));
    expect(poll(follower)).toEqual(['problem: io_error']);
    env.fs.setOnRead(undefined);
    expect(poll(follower)).toEqual(['a']);
  });

  test('property: whatever the writer does, a follower sees each commit once, in order, if durable', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(500, 5000), (seed, segmentBytes) => {
        const prng = new Prng(seed);
        const { env, log: first } = fresh({ segmentBytes, preallocate: prng.chance(0.5) });
        let log = first;
        const follower = follow(env, { pollBytes: 1 + prng.below(2000) });
        const seen: string[] = [];
        const written: string[] = [];
        for (let step = 0; step < 60; step++) {
          const choice = prng.below(10);
          if (choice < 4) {
            const content = `${step}`.padEnd(prng.below(600), '.');
            written.push(content);
            expect(append(log, content, choice < 2 ? 'now' : 'none')?.kind).toBe('ok');
          } else if (choice < 8) seen.push(...poll(follower));
          else if (choice === 8) log.writeMark();
          else {
            if (prng.chance(0.5)) log.close();
            else log.abandon();
            log = openWith(env, { segmentBytes }).log;
          }
          expect(seen).toEqual(written.slice(0, seen.length));
          expect(seen.length).toBeLessThanOrEqual(log.durableSeq);
        }
        log.close();
        for (let polls = 0; polls < 60; polls++) seen.push(...poll(follower));
        expect(seen).toEqual(written);
        follower.close();
      }),
      { numRuns: 150 },
    );
  });
});

test('a file that is not a log yet is waited for', () => {
  const env = logEnv();
  env.fs.makeDirectory(`${DATA}/log`);
  overwrite(env, segmentFile(), new Uint8Array(20));
  expect(poll(follow(env))).toEqual([]);
});
