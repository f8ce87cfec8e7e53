/**
 * Random histories of a small world: three nodes write, remove, transact, restart and hand each
 * other bundles in any order and again and again; then everything is exchanged. Everything follows
 * from the seed, so a history that ends in disagreement can be told by one number.
 */
import { Prng } from '../../src/core/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import {
  agreement,
  bundlesOf,
  exchange,
  frameOf,
  give,
  joinNode,
  newMachine,
  openNode,
} from './memory-node.ts';

const NODES = 3;
const KEYS = ['a', 'b', 'c'];

export interface HistoryOptions {
  readonly seed: number;
  readonly steps: number;
  readonly restarts: boolean;
}

/** What each node stands at after everything was exchanged; equal on all of them if all is well. */
export async function runHistory(options: HistoryOptions): Promise<ReturnType<typeof agreement>[]> {
  const random = new Prng(options.seed);
  const machines = Array.from({ length: NODES }, (_, index) =>
    newMachine(options.seed * 8 + index),
  );
  const nodes = await openWorld(machines);
  for (let step = 0; step < options.steps; step++) {
    const at = random.below(NODES);
    const machine = machines[at] as MemoryEnv;
    // Clocks that run apart, also backwards: stamps order concurrent writes and nothing else.
    if (random.chance(0.3)) machine.clock.jumpWall(random.below(5000) - 2500);
    if (random.chance(0.5)) await deliverSome(random, nodes);
    else if (options.restarts && random.chance(0.15))
      await restart(machines, nodes, at, random.chance(0.5));
    else await write(random, nodes[at] as Engine, step);
  }
  for (let round = 0; round < 2; round++) {
    for (const from of nodes) for (const to of nodes) if (from !== to) await exchange(from, to);
  }
  if (options.restarts) for (let at = 0; at < NODES; at++) await restart(machines, nodes, at);
  const agreements = nodes.map(agreement);
  for (const node of nodes) await node.close();
  return agreements;
}

async function openWorld(machines: readonly MemoryEnv[]): Promise<Engine[]> {
  const founder = await openNode(machines[0] as MemoryEnv);
  const nodes = [founder];
  for (const machine of machines.slice(1)) {
    nodes.push(await joinNode(machine, founder));
  }
  return nodes;
}

async function restart(
  machines: readonly MemoryEnv[],
  nodes: Engine[],
  at: number,
  withCheckpoint = false,
): Promise<void> {
  if (withCheckpoint) await (nodes[at] as Engine).checkpoint();
  await (nodes[at] as Engine).close();
  nodes[at] = await openNode(machines[at] as MemoryEnv);
}

/**
 * Frames of one node to another: any bundles of its log, in any grouping and order, again and again.
 */
async function deliverSome(random: Prng, nodes: readonly Engine[]): Promise<void> {
  const from = nodes[random.below(NODES)] as Engine;
  const to = nodes[random.below(NODES)] as Engine;
  if (from === to) return;
  const count = bundlesOf(from).length;
  let at = random.chance(0.5) ? 0 : random.below(count);
  for (let rounds = 1 + random.below(4); rounds > 0; rounds--) {
    const length = 1 + random.below(random.chance(0.5) ? 3 : count);
    const results = await give(to, frameOf(from, at, length));
    for (const { kind } of results) {
      if (kind === 'applied' || kind === 'duplicate' || kind === 'waiting') continue;
      throw new Error(`honest bundles are never ${kind}`);
    }
    at = random.chance(0.8) ? (at + length) % count : random.below(count);
  }
}

async function write(random: Prng, node: Engine, step: number): Promise<void> {
  const writes: Promise<unknown>[] = [];
  for (let count = 1 + random.below(3); count > 0; count--) {
    const key = KEYS[random.below(KEYS.length)] as string;
    const kind = random.below(10);
    if (kind < 3) writes.push(node.remove(key));
    else if (kind < 5) {
      const other = KEYS[random.below(KEYS.length)] as string;
      writes.push(
        node.writable().transact((tx) => {
          tx.put(key, random.below(100));
          tx.remove(other);
        }),
      );
    } else writes.push(node.put(key, random.below(100) + step * 0.001));
  }
  await Promise.all(writes);
}
