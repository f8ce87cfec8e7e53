/**
 * Deletes stay deleted although nodes forget tombstones (INV-8): the outcome of random histories is
 * that of the same histories in which nothing is ever forgotten; and wrong ways of forgetting are
 * caught.
 */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Vector } from '../../src/core/index.ts';
import { type Engine, replayVerify } from '../../src/engine/index.ts';
import { TombstoneCollector } from '../../src/store/transactions/index.ts';
import {
  type DeletingOutcome,
  type Frontier,
  pointwiseMinimum,
  runDeletingHistory,
} from '../support/deleting-histories.ts';
import { figure } from '../support/long.ts';
import {
  agreement,
  exchange,
  joinNode,
  laneOf,
  newMachine,
  NODE_DIRECTORY as DATA,
  openNode,
} from '../support/memory-node.ts';

/** What a planted fault does instead; absent: the real thing. */
const mutant = vi.hoisted(() => ({ takesStale: false }));

vi.mock('../../src/store/transactions/stale-image.ts', async (load) => {
  const real = await load<typeof import('../../src/store/transactions/stale-image.ts')>();
  const staleOf: typeof real.staleOf = (parts, reader) =>
    mutant.takesStale ? undefined : real.staleOf(parts, reader);
  return { ...real, staleOf };
});

const real: Frontier = (known) => pointwiseMinimum(known);
/** What this node has itself, however far the others are. */
const ownOnly: Frontier = (_known, own) => own;

/** "Everybody must have it after a while": what this node had some collections ago. */
function byAge(): Frontier {
  const before: Vector[] = [];
  return (_known, own) => {
    before.push(own.copy());
    return before.at(-3) ?? new Vector();
  };
}

async function disagrees(seed: number, frontier: Frontier): Promise<boolean> {
  const expected = await runDeletingHistory({ seed, steps: 60, frontier: undefined });
  const found = await runDeletingHistory({ seed, steps: 60, frontier });
  return JSON.stringify(found.agreements) !== JSON.stringify(expected.agreements);
}

describe('random histories with deletes', () => {
  test('end as if nothing were ever forgotten (INV-7, INV-8)', async () => {
    let collected = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 1_000_000 }),
        fc.integer({ min: 2, max: 4 }),
        async (seed, nodes) => {
          const history = { seed, steps: 60, nodes };
          const expected = await runDeletingHistory({ ...history, frontier: undefined });
          const found: DeletingOutcome = await runDeletingHistory({ ...history, frontier: real });
          expect(found.stale).toBe(0);
          for (const one of found.agreements) expect(one).toEqual(expected.agreements[0]);
          collected += found.collected;
        },
      ),
      { numRuns: figure({ short: 60, long: 6000 }) },
    );
    expect(collected).toBeGreaterThan(50);
  }, 1_200_000);

  test.each([
    ['by what this node has itself', () => ownOnly],
    ['by age', byAge],
  ])('forgetting %s is caught: what was deleted comes back', async (_name, frontier) => {
    mutant.takesStale = true;
    try {
      let caught = 0;
      for (let seed = 0; seed < 40 && caught === 0; seed++) {
        if (await disagrees(seed, frontier())) caught++;
      }
      expect(caught).toBeGreaterThan(0);
    } finally {
      mutant.takesStale = false;
    }
  });

  test('and the bundles that would bring it back are told from good ones', async () => {
    let stale = 0;
    for (let seed = 0; seed < 40 && stale === 0; seed++) {
      stale += (await runDeletingHistory({ seed, steps: 60, frontier: ownOnly })).stale;
    }
    expect(stale).toBeGreaterThan(0);
  });
});

/** Collects all that `frontier` allows. */
async function collectAll(engine: Engine, frontier: Vector): Promise<number> {
  const collector = new TombstoneCollector(laneOf(engine));
  let collected = 0;
  for (let done = false; !done; ) {
    const step = collector.step(frontier);
    collected += step.collected;
    done = step.done;
  }
  await laneOf(engine).flush();
  return collected;
}

describe('a collected tombstone', () => {
  test('is forgotten, and its history is not', async () => {
    const engine = await openNode(newMachine(1));
    const { seq: first } = await engine.put('a', 1);
    await engine.remove('a');
    await engine.put('b', 1);
    const { storage } = engine.parts.replica;
    const before = await engine.hashes();
    expect(storage.tombstoneCount).toBe(1);
    expect(await collectAll(engine, laneOf(engine).vector.copy())).toBe(1);
    expect(storage.tombstoneCount).toBe(0);
    expect(storage.find('a')).toBe(0);
    expect((await engine.hashes()).stateHash).toBe(before.stateHash);
    expect(await historyKinds(engine, 'a')).toEqual(['remove', 'put']);
    await engine.put('a', 2);
    expect(await historyKinds(engine, 'a')).toEqual(['put', 'remove', 'put']);
    await engine.remove('a');
    await collectAll(engine, laneOf(engine).vector.copy());
    await engine.put('a', 3);
    expect(await historyKinds(engine, 'a')).toEqual(['put', 'remove', 'put', 'remove', 'put']);
    expect(await historyKinds(engine, 'never')).toEqual([]);
    expect(first).toBe(2);
    await engine.close();
  });

  test('makes ifSeq fail where a removal can no longer be told', async () => {
    const engine = await openNode(newMachine(1));
    const { seq: put } = await engine.put('a', 1);
    const { seq: removed } = await engine.remove('a');
    await collectAll(engine, laneOf(engine).vector.copy());
    await expect(engine.put('a', 2, { ifSeq: put })).rejects.toMatchObject({
      code: 'condition_failed',
    });
    await expect(engine.put('other', 2, { ifSeq: put })).rejects.toMatchObject({
      code: 'condition_failed',
    });
    await engine.put('a', 2, { ifSeq: removed });
    await engine.close();
  });

  test.each([false, true])('stays forgotten after opening (checkpoint: %s)', async (checkpoint) => {
    const env = newMachine(1);
    const engine = await openNode(env);
    for (let key = 0; key < 20; key++) await engine.put(`k/${key}`, key);
    await engine.checkpoint();
    for (let key = 0; key < 10; key++) await engine.remove(`k/${key}`);
    expect(await collectAll(engine, laneOf(engine).vector.copy())).toBe(10);
    await engine.put('k/3', 'again');
    if (checkpoint) await engine.checkpoint();
    const before = agreement(engine);
    await engine.close();
    const again = await openNode(env);
    expect(again.parts.replica.storage.tombstoneCount).toBe(0);
    expect(agreement(again)).toEqual(before);
    expect(laneOf(again).collectedSeq).toBe(31);
    expect(await historyKinds(again, 'k/4')).toEqual(['remove', 'put']);
    await again.close();
    expect(replayVerify(env, DATA)).toMatchObject({ matches: true });
  });

  test('is left alone while a write of its key is on its way, or not all have it', async () => {
    const founder = await openNode(newMachine(1));
    const other = await joinNode(newMachine(2), founder);
    await founder.put('a', 1);
    await founder.remove('a');
    const behind = laneOf(other).vector.copy();
    expect(await collectAll(founder, behind)).toBe(0);
    // A vector that names what is not here says nothing of what is.
    await exchange(founder, other);
    await other.put('b', 1);
    expect(await collectAll(founder, laneOf(other).vector.copy())).toBe(0);
    await exchange(other, founder);
    const put = founder.put('a', 2);
    const collector = new TombstoneCollector(laneOf(founder));
    while (!collector.step(laneOf(founder).vector.copy()).done);
    await put;
    expect(await founder.get('a')).toBe(2);
    expect(founder.parts.replica.storage.tombstoneCount).toBe(0);
    await founder.close();
    await other.close();
  });

  test('is not forgotten where its key is written right behind the note', async () => {
    const env = newMachine(1);
    const engine = await openNode(env);
    await engine.put('a', 1);
    await engine.remove('a');
    const collector = new TombstoneCollector(laneOf(engine));
    let step = collector.step(laneOf(engine).vector.copy());
    while (step.collected === 0) step = collector.step(laneOf(engine).vector.copy());
    // The note is on its way, in the same batch.
    await engine.put('a', 2);
    expect(await engine.get('a')).toBe(2);
    const before = agreement(engine);
    await engine.close();
    const again = await openNode(env);
    expect(agreement(again)).toEqual(before);
    expect(await historyKinds(again, 'a')).toEqual(['put', 'remove', 'put']);
    await again.close();
    expect(replayVerify(env, DATA)).toMatchObject({ matches: true });
  });

  test('costs nothing to look for where the frontier has not moved', async () => {
    const engine = await openNode(newMachine(1));
    await engine.put('a', 1);
    const beforeRemove = laneOf(engine).vector.copy();
    await engine.remove('a');
    const collector = new TombstoneCollector(laneOf(engine));
    while (!collector.step(beforeRemove).done);
    const { storage } = engine.parts.replica;
    const range = vi.spyOn(storage, 'range');
    const find = vi.spyOn(storage, 'find');
    expect(collector.step(beforeRemove)).toEqual({ collected: 0, done: true });
    expect(range).not.toHaveBeenCalled();
    expect(find).not.toHaveBeenCalled();
    await engine.close();
  });

  test('a bundle of a rolled-back image is stale, and changes nothing', async () => {
    const founder = await openNode(newMachine(1));
    const machine = newMachine(2);
    const other = await joinNode(machine, founder);
    await founder.put('a', 1);
    await exchange(founder, other);
    await other.put('b', 1);
    await exchange(other, founder);
    await other.close();
    const image = machine.fs.crash({ mode: 'keep-all' });
    const live = await openNode(machine);
    await founder.remove('a');
    await exchange(founder, live);
    await live.put('b', 2);
    await exchange(live, founder);
    expect(await collectAll(founder, laneOf(live).vector.copy())).toBe(1);
    // The image does not know that `a` was removed.
    const rolledBack = await openNode({ ...newMachine(77), fs: image });
    await rolledBack.put('a', 'back again');
    const before = agreement(founder);
    const outcomes = await exchange(rolledBack, founder);
    expect(outcomes.at(-1)).toMatchObject({ kind: 'stale' });
    expect(agreement(founder)).toEqual(before);
    // One that had seen it all is taken.
    await live.put('a', 'on purpose');
    expect((await exchange(live, founder)).at(-1)).toMatchObject({ kind: 'applied' });
    for (const node of [founder, live, rolledBack]) await node.close();
  });
});

async function historyKinds(engine: Engine, key: string): Promise<string[]> {
  const kinds: string[] = [];
  for await (const { kind } of engine.history(key)) kinds.push(kind);
  return kinds;
}
