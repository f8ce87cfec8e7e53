import { expect, test, vi } from 'vitest';
import type { FoldCommit } from '../../src/projections/index.ts';
import { type Cell, KIND_REMOVE } from '../../src/store/storage/index.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { runProjections, type Taken } from '../support/projection-histories.ts';

type Hosts = typeof import('../../src/projections/projection-host.ts');
type Replayed = typeof import('../../src/store/transactions/replayed-commit.ts');

/** Ways of folding that are wrong; absent: the real thing. */
const mutant = vi.hoisted(() => ({ missesRemoves: false, keepsStale: false, showsAny: false }));

vi.mock('../../src/projections/projection-host.ts', async (load) => {
  const real = await load<Hosts>();
  class Faulty extends real.ProjectionHost {
    #sections = new Map<string, Uint8Array>();

    override fold(commit: FoldCommit): void {
      const misses = mutant.missesRemoves && commit.first?.cell.kind === KIND_REMOVE;
      super.fold(misses ? { ...commit, first: commit.first?.next } : commit);
    }

    override sections(): Map<string, Uint8Array> {
      const sections = super.sections();
      if (!mutant.keepsStale || this.#sections.size === 0) this.#sections = sections;
      return this.#sections;
    }
  }
  return { ...real, ProjectionHost: Faulty };
});

vi.mock('../../src/store/transactions/replayed-commit.ts', async (load) => {
  const real = await load<Replayed>();
  class Faulty extends real.ReplayedCommit {
    override single(key: string, cell: Cell): void {
      const isWrong = mutant.showsAny && cell.kind !== KIND_REMOVE;
      super.single(key, isWrong ? { ...cell, ms: cell.ms + 1 } : cell);
    }
  }
  return { ...real, ReplayedCommit: Faulty };
});

async function run(histories: number): Promise<Taken> {
  const taken: Taken = {};
  for (let seed = 1; seed <= histories; seed++) {
    for (const [name, count] of Object.entries(await runProjections(seed, 30))) {
      taken[name] = (taken[name] ?? 0) + count;
    }
  }
  return taken;
}

test(
  'what is folded as it comes is what is folded from scratch, whatever happened',
  async () => {
    expect(Object.keys(await run(figure({ short: 15, long: 3000 }))).toSorted()).toEqual([
      'checkpoint',
      'deliver',
      'failed flush',
      'power cut',
      'restart',
      'rule',
      'snapshot',
      'write',
    ]);
  },
  TIMEOUT_MS,
);

test.each([
  ['missesRemoves', /the total is/],
  ['keepsStale', /made anew/],
  ['showsAny', /made anew/],
] as const)(
  'a host that %s is found',
  async (fault, message) => {
    mutant[fault] = true;
    try {
      await expect(run(30)).rejects.toThrow(message);
    } finally {
      mutant[fault] = false;
    }
  },
  TIMEOUT_MS,
);
