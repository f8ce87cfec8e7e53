/**
 * Whether the crash suite can fail: nodes with a planted fault go through the same cases as the
 * real one, and each must be caught by what the fault breaks; the real one must not.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { figure, LONG } from '../support/long.ts';
import { cutsAfter, violationsOf } from './crash-suite.ts';
import { type Mutant, MUTANTS } from './mutants.ts';

// Thousands of openings: on a busy machine they take their time.
vi.setConfig({ testTimeout: LONG ? 3_600_000 : 180_000 });

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the suite says of a node with this fault, up to the first violation that is its own. */
async function caught(mutant: Pick<Mutant, 'plant' | 'finds'>, step: number): Promise<string[]> {
  const found: string[] = [];
  for (let after = 60; after < 260; after += step) {
    const scenario = { level: 'mixed' as const, plant: mutant.plant };
    const cuts = cutsAfter(after, 2);
    found.push(...(await violationsOf(scenario, after, cuts).catch((error) => [String(error)])));
    if (found.some((text) => mutant.finds.test(text))) break;
  }
  return found;
}

describe('the crash suite', () => {
  for (const mutant of MUTANTS) {
    test(`catches a node that ${mutant.name}`, async () => {
      mutant.spy?.();
      expect((await caught(mutant, 3)).join('\n')).toMatch(mutant.finds);
    });
  }

  // crash.test.ts looks at all of it; this shows that it is the faults that are found.
  test('finds nothing in the real one', async () => {
    expect(await caught({ finds: /./ }, figure({ short: 25, long: 3 }))).toEqual([]);
  });
});
