/**
 * Random work on a disk that loses power at a random operation: what opens afterwards is a prefix
 * of what was written, holds everything that was acknowledged as synced, and is never taken for
 * damage.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { append, logEnv, newLog, openLog, tryOpen } from '../../test/support/log-fixture.ts';
import { Prng } from '../core/prng.ts';
import { AdastraError } from '../core/index.ts';
import type { CrashMode } from '../env/memory/index.ts';
import type { CommitLog } from './commit-log.ts';
import { verifyLog } from './verify.ts';
import { DATA } from '../../test/support/log-fixture.ts';

interface Work {
  readonly seed: number;
  readonly cut: number;
  readonly mode: CrashMode;
  readonly segmentBytes: number;
  readonly preallocate: boolean;
}

const work = fc.record({
  seed: fc.nat(),
  cut: fc.nat(160),
  mode: fc.constantFrom<CrashMode>('torn', 'torn-any', 'lose-unsynced', 'kill', 'keep-all'),
  segmentBytes: fc.constantFrom(600, 3000, 1_000_000),
  preallocate: fc.boolean(),
});

interface Written {
  readonly submitted: string[];
  acknowledged: number;
}

/** Works until the power goes; `written` says what was promised. */
function run(log: CommitLog, prng: Prng, written: Written, steps: number): void {
  for (let step = 0; step < steps; step++) {
    if (prng.chance(0.1)) log.writeMark();
    const content = `${log.headSeq + 1}/${written.submitted.length}/`.padEnd(prng.below(1500), 'x');
    const mode = prng.chance(0.4) ? 'now' : 'none';
    const before = log.headSeq;
    const outcome = append(log, content, mode, 1 + prng.below(3));
    if (log.headSeq > before) written.submitted.push(content);
    if (outcome?.kind !== 'ok') return;
    if (mode === 'now') written.acknowledged = written.submitted.length;
  }
  if (prng.chance(0.5) && log.close() === undefined)
    written.acknowledged = written.submitted.length;
}

function check({ seed, cut, mode, segmentBytes, preallocate }: Work): boolean {
  const prng = new Prng(seed);
  const options = { segmentBytes, preallocate, preallocateBytes: 4096 };
  let env = logEnv();
  newLog(env);
  const written: Written = { submitted: [], acknowledged: 0 };
  let sawTorn = false;
  for (let life = 0; life < 4; life++) {
    env = logEnv(env.fs.crash({ mode: 'kill', fileSystem: { freezeAfter: prng.below(cut + 1) } }));
    const opened = tryOpen(env, { options });
    // The power may go while opening: then nothing may be lost, and it is tried again below.
    if (!(opened instanceof AdastraError)) run(opened.log, prng, written, 30);
    const fileSystem = { freezeAfter: Number.POSITIVE_INFINITY };
    env = logEnv(env.fs.crash({ mode, rng: prng.fork(), fileSystem }));
    const after = openLog(env, { options });
    const contents = after.replayed.map((line) => line.slice(line.indexOf(':') + 1));
    expect(contents.length).toBeGreaterThanOrEqual(written.acknowledged);
    expect(contents).toEqual(written.submitted.slice(0, contents.length));
    sawTorn ||= after.report.torn !== undefined;
    after.log.abandon();
    written.submitted.length = contents.length;
    written.acknowledged = contents.length;
  }
  const verification = verifyLog(env, DATA);
  let step = verification.next();
  while (step.done !== true) step = verification.next();
  expect(step.value.problems).toEqual([]);
  return sawTorn;
}

describe('crashes', () => {
  test('leave a prefix that holds all that was promised', () => {
    let torn = 0;
    fc.assert(
      fc.property(work, (one) => {
        if (check(one)) torn++;
      }),
      { numRuns: 250 },
    );
    // The property proves nothing about torn tails unless there were some.
    expect(torn).toBeGreaterThan(10);
  });

  test('at every operation of a small run with rotation', () => {
    for (const mode of ['torn', 'torn-any', 'lose-unsynced', 'kill'] as const) {
      for (let cut = 0; cut < 70; cut++) {
        check({
          seed: cut * 7 + mode.length,
          cut,
          mode,
          segmentBytes: 600,
          preallocate: cut % 2 === 0,
        });
      }
    }
  });
});
