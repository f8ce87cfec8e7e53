import { expect, test, vi } from 'vitest';
import { TIMEOUT_MS } from '../support/long.ts';
import { runPeerHistory } from '../support/peer-histories.ts';

/** "The greater value wins", decided for what is there and stored, as if it had always been so. */
vi.mock('../../src/store/operations/siblings.ts', async (load) => {
  const real = await load<typeof import('../../src/store/operations/siblings.ts')>();
  const siblingsAfter: typeof real.siblingsAfter = (before, event, hasSeen, origins) => {
    const after = real.siblingsAfter(before, event, hasSeen, origins);
    const rank = ({ kind, source, start, end }: (typeof after)[number]): string =>
      `${kind === 0 ? 1 : 0}${Buffer.from(source.subarray(start, end)).toString()}`;
    const [first, ...others] = after;
    return [others.reduce((best, one) => (rank(one) > rank(best) ? one : best), first as never)];
  };
  return { ...real, siblingsAfter };
});

test(
  'a policy engine that decides pairwise is caught by the histories',
  async () => {
    let caught = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { equal, contents } = await runPeerHistory({ seed, steps: 24 });
      if (!equal || new Set(contents).size > 1) caught++;
    }
    expect(caught).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
