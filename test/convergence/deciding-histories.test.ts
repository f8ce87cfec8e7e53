import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { replayVerify } from '../../src/engine/index.ts';
import { type DecidingOutcome, runDeciding } from '../support/deciding-histories.ts';
import { figure } from '../support/long.ts';
import { NODE_DIRECTORY } from '../support/memory-node.ts';

/** Ways of deciding that are wrong; absent: the real thing. */
const mutant = vi.hoisted(() => ({ decidesPairwise: false, forgetsOld: false }));

vi.mock('../../src/store/operations/siblings.ts', async (load) => {
  const real = await load<typeof import('../../src/store/operations/siblings.ts')>();
  const siblingsAfter: typeof real.siblingsAfter = (before, event, hasSeen, origins) => {
    const after = real.siblingsAfter(before, event, hasSeen, origins);
    if (!mutant.decidesPairwise) return after;
    // The longer value wins and is stored, as if it had always been so.
    const [first, ...others] = after;
    const size = (cell: (typeof after)[number]): number => cell.end - cell.start;
    return [others.reduce((best, cell) => (size(cell) > size(best) ? cell : best), first as never)];
  };
  return { ...real, siblingsAfter };
});

vi.mock('../../src/store/transactions/redecide.ts', async (load) => {
  const real = await load<typeof import('../../src/store/transactions/redecide.ts')>();
  const redecide: typeof real.redecide = (lane, reason) =>
    mutant.forgetsOld ? 0 : real.redecide(lane, reason);
  return { ...real, redecide };
});

function disagree({ agreements }: DecidingOutcome): boolean {
  return agreements.some((one) => JSON.stringify(one) !== JSON.stringify(agreements[0]));
}

test('policies, their changes, code and resolves: nodes that have everything are equal', async () => {
  let conflicts = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 1_000_000 }), fc.boolean(), async (seed, codeComesAndGoes) => {
      const outcome = await runDeciding({ seed, steps: 30, codeComesAndGoes });
      for (const one of outcome.agreements) expect(one).toEqual(outcome.agreements[0]);
      for (const one of outcome.conflicts) expect(one).toEqual(outcome.conflicts[0]);
      if (outcome.conflicts[0] !== '[]') conflicts++;
      for (const env of outcome.machines) {
        expect(replayVerify(env, NODE_DIRECTORY)).toMatchObject({ matches: true });
      }
    }),
    { numRuns: figure({ short: 60, long: 10_000 }) },
  );
  expect(conflicts).toBeGreaterThan(5);
}, 1_200_000);

test('views of one node alone: other values, the same state hash', async () => {
  let differ = 0;
  for (let seed = 0; seed < figure({ short: 20, long: 500 }); seed++) {
    const { agreements } = await runDeciding({ seed, steps: 30, ofOneNode: true });
    for (const { state, vector } of agreements) {
      expect({ state, vector }).toMatchObject({
        state: agreements[0]?.state,
        vector: agreements[0]?.vector,
      });
    }
    if (new Set(agreements.map(({ content }) => content)).size > 1) differ++;
  }
  expect(differ).toBeGreaterThan(0);
}, 600_000);

test.each(['decidesPairwise', 'forgetsOld'] as const)(
  'a mutant that %s is caught',
  async (name) => {
    mutant[name] = true;
    try {
      let caught = 0;
      for (let seed = 0; seed < 40 && caught === 0; seed++) {
        if (disagree(await runDeciding({ seed, steps: 30 }))) caught++;
      }
      expect(caught).toBeGreaterThan(0);
    } finally {
      mutant[name] = false;
    }
  },
  120_000,
);
