import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { runHistory } from '../support/histories.ts';
import { figure } from '../support/long.ts';

/** What a mutant does instead of keeping siblings; absent: the real thing. */
const mutant = vi.hoisted(() => ({ decidesPairwise: false }));

vi.mock('../../src/store/operations/siblings.ts', async (load) => {
  const real = await load<typeof import('../../src/store/operations/siblings.ts')>();
  const siblingsAfter: typeof real.siblingsAfter = (before, event, hasSeen, origins) => {
    const after = real.siblingsAfter(before, event, hasSeen, origins);
    if (!mutant.decidesPairwise) return after;
    // "The greater value wins", decided for what is there and stored, as if it had always been so.
    const rank = (cell: (typeof after)[number]): string =>
      `${cell.kind === 0 ? 1 : 0}${Buffer.from(cell.source.subarray(cell.start, cell.end)).toString()}`;
    const [first, ...others] = after;
    return [others.reduce((best, cell) => (rank(cell) > rank(best) ? cell : best), first as never)];
  };
  return { ...real, siblingsAfter };
});

function disagree(agreements: Awaited<ReturnType<typeof runHistory>>): boolean {
  return agreements.some((one) => JSON.stringify(one) !== JSON.stringify(agreements[0]));
}

test('whatever happened in whatever order, nodes that have everything are equal (INV-7)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 1_000_000 }), fc.boolean(), async (seed, restarts) => {
      const agreements = await runHistory({ seed, steps: 24, restarts });
      for (const one of agreements) expect(one).toEqual(agreements[0]);
    }),
    { numRuns: figure({ short: 200, long: 20_000 }) },
  );
}, 1_200_000);

test('a mutant that decides pairwise and stores the result is caught', async () => {
  mutant.decidesPairwise = true;
  try {
    let caught = 0;
    for (let seed = 0; seed < 60; seed++) {
      if (disagree(await runHistory({ seed, steps: 24, restarts: false }))) caught++;
    }
    expect(caught).toBeGreaterThan(0);
  } finally {
    mutant.decidesPairwise = false;
  }
});
