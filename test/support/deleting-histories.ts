/**
 * Random histories with many deletes, in which nodes collect tombstones by what they know of each
 * other's vectors, which is often old. The same history without any collection says what must come
 * out. How the frontier is found is passed in, so that a wrong way can be planted.
 */
import { Prng, Vector } from '../../src/core/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import { TombstoneCollector } from '../../src/store/transactions/index.ts';
import {
  agreement,
  bundlesOf,
  exchange,
  joinNode,
  laneOf,
  newMachine,
  openNode,
  receive,
} from './memory-node.ts';

const KEYS = ['a', 'b', 'c', 'd'];

/** What a node knows when it collects: of each member the vector that it last heard of. */
export type Frontier = (known: readonly Vector[], own: Vector) => Vector;

/** Up to where all of them are. */
export function pointwiseMinimum(known: readonly Vector[]): Vector {
  const minimum = new Vector();
  for (const [origin] of (known[0] as Vector).entries()) {
    const least = known.reduce((left, right) =>
      left.originSeqOf(origin) <= right.originSeqOf(origin) ? left : right,
    );
    const originSeq = least.originSeqOf(origin);
    if (originSeq > 0) minimum.advance(origin, originSeq, least.digestOf(origin));
  }
  return minimum;
}

export interface DeletingHistory {
  readonly seed: number;
  readonly steps: number;
  readonly nodes?: number;
  /** `undefined`: nothing is ever collected. */
  readonly frontier: Frontier | undefined;
}

export interface DeletingOutcome {
  readonly agreements: ReturnType<typeof agreement>[];
  readonly collected: number;
  readonly stale: number;
}

interface World {
  readonly machines: readonly MemoryEnv[];
  readonly nodes: Engine[];
  readonly collectors: TombstoneCollector[];
  /** What node x heard of node y: `known[x][y]`. */
  readonly known: Vector[][];
  collected: number;
  stale: number;
}

async function openWorld({ seed, nodes: count = 3 }: DeletingHistory): Promise<World> {
  const machines = Array.from({ length: count }, (_, index) => newMachine(seed * 8 + index));
  const founder = await openNode(machines[0] as MemoryEnv);
  const nodes = [founder];
  for (const machine of machines.slice(1)) {
    nodes.push(await joinNode(machine, founder));
  }
  const collectors = nodes.map((node) => new TombstoneCollector(laneOf(node)));
  const known = nodes.map(() => nodes.map(() => new Vector()));
  return { machines, nodes, collectors, known, collected: 0, stale: 0 };
}

export async function runDeletingHistory(history: DeletingHistory): Promise<DeletingOutcome> {
  const random = new Prng(history.seed);
  const world = await openWorld(history);
  const { nodes } = world;
  for (let step = 0; step < history.steps; step++) {
    const at = random.below(nodes.length);
    const to = random.below(nodes.length);
    const kind = random.below(20);
    if (kind < 7) await write(random, nodes[at] as Engine, step);
    else if (kind < 12) await deliver(random, world, at, to);
    else if (kind < 15) hear(world, at, to);
    else if (kind < 19) await collect(world, at, history.frontier);
    else await restart(world, at, random.chance(0.5));
  }
  for (let round = 0; round < 2; round++) {
    for (const from of nodes) for (const to of nodes) if (from !== to) await take(world, from, to);
  }
  for (let at = 0; at < nodes.length; at++) {
    for (let from = 0; from < nodes.length; from++) hear(world, at, from);
    await collect(world, at, history.frontier);
    await restart(world, at, false);
  }
  const agreements = nodes.map(agreement);
  for (const node of nodes) await node.close();
  return { agreements, collected: world.collected, stale: world.stale };
}

/** Node `at` hears how far node `from` is, and what `from` has heard of others. */
function hear({ nodes, known }: World, at: number, from: number): void {
  const mine = known[at] as Vector[];
  (known[from] as Vector[]).forEach((vector, index) => {
    if (isBehind(mine[index] as Vector, vector)) mine[index] = vector;
  });
  mine[from] = laneOf(nodes[from] as Engine).vector.copy();
}

function isBehind(left: Vector, right: Vector): boolean {
  return right.entries().some(([origin, { originSeq }]) => left.originSeqOf(origin) < originSeq);
}

async function collect(world: World, at: number, frontier: Frontier | undefined): Promise<void> {
  const lane = laneOf(world.nodes[at] as Engine);
  // The same turns of the event loop in a history that collects and in one that does not.
  await lane.flush();
  if (frontier === undefined) return;
  const known = [...(world.known[at] as Vector[])];
  known[at] = lane.vector.copy();
  // Only when this node has all that those vectors cover.
  if (known.some((vector) => isBehind(lane.vector, vector))) return;
  for (let done = false; !done; ) {
    const step = (world.collectors[at] as TombstoneCollector).step(frontier(known, lane.vector));
    world.collected += step.collected;
    done = step.done;
  }
  await lane.flush();
}

async function restart(world: World, at: number, withCheckpoint: boolean): Promise<void> {
  const node = world.nodes[at] as Engine;
  if (withCheckpoint) await node.checkpoint();
  await node.close();
  const opened = await openNode(world.machines[at] as MemoryEnv);
  world.nodes[at] = opened;
  world.collectors[at] = new TombstoneCollector(laneOf(opened));
}

async function take(world: World, from: Engine, to: Engine): Promise<void> {
  for (const { kind } of await exchange(from, to)) if (kind === 'stale') world.stale++;
}

async function deliver(random: Prng, world: World, at: number, to: number): Promise<void> {
  if (at === to) return;
  const bundles = bundlesOf(world.nodes[at] as Engine);
  const first = random.below(3) === 0 ? random.below(bundles.length) : 0;
  const end = first + 1 + random.below(bundles.length);
  for (const bundle of bundles.slice(first, end)) {
    const outcome = await receive(world.nodes[to] as Engine, bundle);
    if (outcome.kind === 'stale') world.stale++;
  }
}

async function write(random: Prng, node: Engine, step: number): Promise<void> {
  const writes: Promise<unknown>[] = [];
  for (let count = 1 + random.below(3); count > 0; count--) {
    const key = KEYS[random.below(KEYS.length)] as string;
    if (random.below(2) === 0) writes.push(node.remove(key));
    else writes.push(node.put(key, random.below(100) + step * 0.001));
  }
  await Promise.all(writes);
}
