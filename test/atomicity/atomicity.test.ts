/**
 * All or nothing: for random histories of the inventory, with a fault at every step of every
 * operation and at every operation on the disk, either all effects of a commit are visible to
 * everybody (L1, projection, change feed, stream, log, outbox, replay) or none, and nothing is created or
 * destroyed. What fails names its seed; ADASTRA_SEED runs that one.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ChangeFeed } from '../../src/engine/change-feed.ts';
import { DurableCommits } from '../../src/engine/durable-commits.ts';
import { ProjectionHost } from '../../src/projections/index.ts';
import { Overlay, type PendingEntry } from '../../src/store/transactions/overlay.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { rerun, seedOr } from '../support/seed.ts';
import {
  failingAmongOthers,
  failingAppends,
  failingFlushes,
  failingSteps,
  type Findings,
  kills,
  type Size,
} from './faults.ts';
import { PlantedFault } from './steps.ts';
import type { Spoil } from './trial.ts';

const FIRST_SEED = seedOr(4_000);

vi.setConfig({ testTimeout: TIMEOUT_MS });

afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs histories until one is wrong; how many faults were planted in all. */
async function histories(
  count: number,
  groups: number,
  run: (size: Size) => Promise<Findings>,
): Promise<number> {
  let places = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + count; seed++) {
    const findings = await run({ seed, groups });
    expect(findings.found.slice(0, 5), rerun(seed, run.name)).toEqual([]);
    places += findings.places;
  }
  return places;
}

describe('either all or nothing of a commit is visible, everywhere', () => {
  test('whatever step of whatever operation or validator throws', async () => {
    const places = await histories(figure({ short: 6, long: 400 }), 12, failingSteps);
    expect(places).toBeGreaterThan(400);
  });

  test('whatever throws among commits of the same turn', async () => {
    const places = await histories(figure({ short: 15, long: 1000 }), 12, failingAmongOthers);
    expect(places).toBeGreaterThan(50);
  });

  test('whatever append fails, and how', async () => {
    const places = await histories(figure({ short: 6, long: 300 }), 8, failingAppends);
    expect(places).toBeGreaterThan(50);
  });

  test('whatever flush fails', async () => {
    const places = await histories(figure({ short: 4, long: 100 }), 6, failingFlushes);
    expect(places).toBeGreaterThan(8);
  });

  test('wherever it is killed, or loses power', async () => {
    const places = await histories(figure({ short: 2, long: 60 }), 5, kills);
    expect(places).toBeGreaterThan(15);
  });
});

describe('what must be found', () => {
  const size = { seed: FIRST_SEED, groups: 12 };

  test('an operation whose fault is swallowed half way', async () => {
    const spoil: Spoil = (operation) => ({
      ...operation,
      handler: (context, args) => {
        try {
          return operation.handler(context, args);
        } catch (error) {
          if (error instanceof PlantedFault) return undefined;
          throw error;
        }
      },
    });
    const found: string[] = [];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + 5; seed++) {
      found.push(...(await failingSteps({ ...size, seed }, spoil)).found);
    }
    expect(found.join('\n')).toMatch(/committed what had to be refused/);
    expect(found.join('\n')).toMatch(/balances sum up|is not in|L1 shows/);
  });

  test('a commit of which half reaches L1', async () => {
    const publish = Overlay.prototype.publish;
    vi.spyOn(Overlay.prototype, 'publish').mockImplementation(function half(
      this: Overlay,
      seq: number,
      first: PendingEntry | undefined,
    ) {
      const rest = first?.next;
      if (first !== undefined) first.next = undefined;
      publish.call(this, seq, first);
      if (first !== undefined) first.next = rest;
    });
    const { found } = await failingSteps(size);
    expect(found.join('\n')).toMatch(/L1 shows/);
  });

  test('a projection that misses a commit', async () => {
    const fold = ProjectionHost.prototype.fold;
    let folded = 0;
    vi.spyOn(ProjectionHost.prototype, 'fold').mockImplementation(function some(
      this: ProjectionHost,
      commit,
    ) {
      fold.call(this, ++folded === 4 ? { seq: commit.seq, first: undefined } : commit);
    });
    const { found } = await failingSteps(size);
    expect(found.join('\n')).toMatch(/the projection holds/);
  });

  test('a stream that forgets a commit', async () => {
    const read = DurableCommits.prototype.read;
    vi.spyOn(DurableCommits.prototype, 'read').mockImplementation(function* some(
      this: DurableCommits,
      fromSeq,
    ) {
      for (const one of read.call(this, fromSeq)) if (one.place.seq !== 4) yield one;
    });
    const { found } = await failingSteps(size);
    expect(found.join('\n')).toMatch(/the stream shows/);
  });

  test('a change feed that forgets a commit', async () => {
    const published = ChangeFeed.prototype.published;
    let told = 0;
    vi.spyOn(ChangeFeed.prototype, 'published').mockImplementation(function some(
      this: ChangeFeed,
      commit,
    ) {
      if (++told !== 4) published.call(this, commit);
    });
    const { found } = await failingSteps(size);
    expect(found.join('\n')).toMatch(/the change feed shows/);
  });
});
