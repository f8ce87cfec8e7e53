import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { runFollowing } from '../support/following-histories.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';

/** What a mutant leaves out; absent: the real thing. */
const mutant = vi.hoisted(() => ({ goesOnAnyway: false, skipsBatches: false }));

vi.mock('../../src/wal/followed-log.ts', async (load) => {
  const real = await load<typeof import('../../src/wal/followed-log.ts')>();
  class FollowedLog extends real.FollowedLog {
    override poll(): ReturnType<InstanceType<typeof real.FollowedLog>['poll']> {
      const polled = super.poll();
      if (mutant.goesOnAnyway && polled.kind === 'reset') return { kind: 'batches', batches: [] };
      if (!mutant.skipsBatches || polled.kind !== 'batches' || polled.batches.length < 3) {
        return polled;
      }
      return { kind: 'batches', batches: polled.batches.toSpliced(1, 1) };
    }
  }
  return { ...real, FollowedLog };
});

test("at the same seq a reader has the writer's hash, whatever happens to either (INV-6)", {
  timeout: TIMEOUT_MS,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 1_000_000 }), async (seed) => {
      expect(await runFollowing({ seed, steps: 30 })).toEqual([]);
    }),
    { numRuns: figure({ short: 30, long: 2000 }) },
  );
});

async function found(run: (seed: number) => Promise<string[]>): Promise<string[]> {
  for (let seed = 1; seed <= 40; seed++) {
    const faults = await run(seed);
    if (faults.length > 0) return faults;
  }
  return [];
}

test.each(['goesOnAnyway', 'skipsBatches'] as const)(
  'a reader that %s is found',
  {
    timeout: TIMEOUT_MS,
  },
  async (fault) => {
    mutant[fault] = true;
    try {
      expect(await found((seed) => runFollowing({ seed, steps: 30 }))).not.toEqual([]);
    } finally {
      mutant[fault] = false;
    }
  },
);

test('a writer that tells of what is not durable is found', { timeout: TIMEOUT_MS }, async () => {
  expect(await found((seed) => runFollowing({ seed, steps: 30, lies: true }))).not.toEqual([]);
});
