/** Power that goes again while the node recovers, after every operation of the reopening. */
import { describe, expect, test, vi } from 'vitest';
import { figure, LONG } from '../support/long.ts';
import { countOperations, type Cut, violationsOf } from './crash-suite.ts';
import type { Scenario } from './scenario.ts';

// Thousands of openings: on a busy machine they take their time.
vi.setConfig({ testTimeout: LONG ? 3_600_000 : 180_000 });

/** More than any reopening of this workload takes, making the node included. */
const RECOVERY_OPERATIONS_MAX = 60;

const CASES: readonly [Scenario, Cut['mode']][] = [
  [{ level: 'mixed' }, 'torn'],
  [{ level: 'os' }, 'torn-any'],
  [{ level: 'interval' }, 'kill'],
  [{ level: 'always' }, 'lose-unsynced'],
  [{ level: 'mixed', keep: 8 }, 'torn-any'],
];

/**
 * The first of them set a torn tail aside: a process that is killed there comes back to half of it.
 */
const SETTING_ASIDE = 6;

function cutsOf(after: number, mode: Cut['mode']): Cut[] {
  const cuts: Cut[] = [];
  const stride = figure({ short: 4, long: 1 });
  for (let at = after % stride; at <= RECOVERY_OPERATIONS_MAX; at += stride) {
    const then = ([mode, 'kill', 'lose-unsynced'] as const)[(at + after) % 3];
    cuts.push({ after, mode, seed: 1 + (at % 3), recoveryAfter: at, then });
  }
  for (let at = 0; at < SETTING_ASIDE; at++) {
    cuts.push({ after, mode, seed: 2, recoveryAfter: at, then: 'kill' });
  }
  return cuts;
}

describe('a crash during recovery', () => {
  test('a clean end that came to light by a cut is made durable by the next opening', async () => {
    // Killed between the rename of the cut segment and the sync of its directory; what is left ends
    // with a seal, so the next opening has nothing to cut, and power goes after it has written on.
    const cut = { after: 57, mode: 'torn-any', seed: 2, recoveryAfter: 13, then: 'kill' } as const;
    expect(await violationsOf({ level: 'os' }, cut.after, [cut])).toEqual([]);
  });

  for (const [scenario, mode] of CASES) {
    test(`keeps every promise: ${scenario.level}, ${mode}`, async () => {
      const total = await countOperations(scenario);
      const step = figure({ short: 59, long: 5 });
      const found: string[] = [];
      for (let after = 2; after <= total; after += step) {
        found.push(...(await violationsOf(scenario, after, cutsOf(after, mode))));
        if (found.length > 20) break;
      }
      expect(found.join('\n')).toBe('');
    });
  }
});
