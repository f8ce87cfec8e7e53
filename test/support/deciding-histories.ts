/**
 * Random histories of a world whose policies change: three to five nodes write objects and other
 * values, remove, resolve conflicts, state and take away rules, come and go with and without code,
 * and hand each other whatever bundles of their logs in any order and grouping. Everything follows
 * from the seed.
 */
import { Prng } from '../../src/core/index.ts';
import { openConflicts, conflictSourceOf, resolveConflict } from '../../src/engine/conflicts.ts';
import type { Engine, NodeOptions } from '../../src/engine/index.ts';
import type { PolicyRule } from '../../src/engine/peer-api.ts';
import { setPolicy } from '../../src/engine/policies.ts';
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import { definePolicy } from '../../src/store/operations/index.ts';
import {
  agreement,
  bundlesOf,
  exchange,
  frameOf,
  give,
  joinNode,
  laneOf,
  newMachine,
  openNode,
} from './memory-node.ts';

const KEYS = ['a/1', 'a/2', 'b/1', 'c'];
const PREFIXES = ['', 'a/', 'a/1', 'b/'];

/** Takes the longest text of a value; two versions that answer differently. */
const LONGEST = [1, 2].map((version) =>
  definePolicy({
    name: 'longest',
    version,
    decide: (siblings) => {
      if (version === 2 && siblings.some(({ kind }) => kind === 'remove')) return { remove: true };
      const texts = siblings.map(({ value }) => JSON.stringify(value) ?? '');
      const longest = Math.max(...texts.map((text) => text.length));
      const sibling = texts.findIndex((text) => text.length === longest);
      return version === 1 ? { sibling } : { value: texts };
    },
  }),
);

/** The policies that show the same on every node. */
const RULES: readonly (Omit<PolicyRule, 'prefix'> | undefined)[] = [
  undefined,
  { policy: 'last-write-wins' },
  { policy: 'manual' },
  { policy: 'merge-fields' },
  { policy: 'merge-fields' },
  { policy: 'custom', name: 'longest', version: 1 },
  { policy: 'custom', name: 'longest', version: 2 },
  { policy: 'custom', name: 'unknown', version: 1 },
];
const OF_ONE_NODE: readonly Omit<PolicyRule, 'prefix'>[] = [
  { policy: 'keep-local' },
  { policy: 'apply-remote' },
];

export interface DecidingHistory {
  readonly seed: number;
  readonly steps: number;
  /** Rules whose views differ from node to node: then only state hashes are compared. */
  readonly ofOneNode?: boolean;
  /** Code that nodes lack or have in other versions until the end. */
  readonly codeComesAndGoes?: boolean;
}

/** What came of it. */
export interface DecidingOutcome {
  readonly agreements: ReturnType<typeof agreement>[];
  /** What each node shows of the conflicts that are left, as text. */
  readonly conflicts: readonly string[];
  readonly machines: readonly MemoryEnv[];
}

interface World extends DecidingHistory {
  readonly random: Prng;
  readonly machines: readonly MemoryEnv[];
  readonly nodes: Engine[];
}

export async function runDeciding(history: DecidingHistory): Promise<DecidingOutcome> {
  const random = new Prng(history.seed);
  const count = 3 + random.below(3);
  const machines = Array.from({ length: count }, (_, at) => newMachine(history.seed * 8 + at));
  const world: World = { ...history, random, machines, nodes: [] };
  world.nodes.push(await openNode(machines[0] as MemoryEnv, withCode(1)));
  for (const machine of machines.slice(1)) {
    const founder = world.nodes[0] as Engine;
    world.nodes.push(await joinNode(machine, founder, withCode(1), { role: 'admin' }));
  }
  for (let step = 0; step < history.steps; step++) await oneStep(world, step);
  await everybodyHearsAll(world);
  for (let at = 0; at < count; at++) await reopen(world, at, withCode(1));
  const { nodes } = world;
  const agreements = nodes.map(agreement);
  const conflicts = nodes.map(conflictText);
  for (const node of nodes) await node.close();
  return { agreements, conflicts, machines };
}

function withCode(version: number): NodeOptions {
  return { policies: LONGEST.filter((policy) => policy.version === version) };
}

function conflictText(node: Engine): string {
  const source = conflictSourceOf(node.parts.replica, laneOf(node), () => '');
  return JSON.stringify([...openConflicts(source)]);
}

async function oneStep(world: World, step: number): Promise<void> {
  const { random, machines, nodes } = world;
  const at = random.below(nodes.length);
  if (random.chance(0.3)) {
    (machines[at] as MemoryEnv).clock.jumpWall(random.below(5000) - 2500);
  }
  const node = nodes[at] as Engine;
  const kind = random.below(100);
  if (kind < 40) await deliver(world);
  else if (kind < 75) await write(random, node, step);
  else if (kind < 85) await stateRule(world, node);
  else if (kind < 92) await resolveOne(random, node);
  else await restart(world, at);
}

async function deliver({ random, nodes }: World): Promise<void> {
  const from = nodes[random.below(nodes.length)] as Engine;
  const to = nodes[random.below(nodes.length)] as Engine;
  if (from === to) return;
  const count = bundlesOf(from).length;
  const at = random.chance(0.5) ? 0 : random.below(count);
  for (const { kind } of await give(to, frameOf(from, at, 1 + random.below(count)))) {
    if (kind === 'applied' || kind === 'duplicate' || kind === 'waiting') continue;
    throw new Error(`honest bundles are never ${kind}`);
  }
}

async function write(random: Prng, node: Engine, step: number): Promise<void> {
  const writes: Promise<unknown>[] = [];
  for (let count = 1 + random.below(3); count > 0; count--) {
    const key = KEYS[random.below(KEYS.length)] as string;
    const kind = random.below(10);
    if (kind < 2) writes.push(node.remove(key));
    else if (kind < 3) writes.push(node.put(key, `text ${step}`));
    else writes.push(change(random, node, key, step));
  }
  await Promise.all(writes);
}

/** As an application does it: reads, changes or takes a field, writes back. */
function change(random: Prng, node: Engine, key: string, step: number): Promise<unknown> {
  const field = ['x', 'y', 'z'][random.below(3)] as string;
  const takes = random.chance(0.25);
  return node.writable().update(key, (value) => {
    const isObject = typeof value === 'object' && value !== null;
    const { [field]: _, ...others } = (isObject ? value : {}) as Record<string, unknown>;
    return takes ? others : { ...others, [field]: step };
  });
}

async function stateRule({ random, ofOneNode = false }: World, node: Engine): Promise<void> {
  const rules = ofOneNode && random.chance(0.5) ? OF_ONE_NODE : RULES;
  for (let count = 1 + random.below(2); count > 0; count--) {
    const prefix = PREFIXES[random.below(PREFIXES.length)] as string;
    await setPolicy(node.writable(), prefix, rules[random.below(rules.length)]);
  }
}

async function resolveOne(random: Prng, node: Engine): Promise<void> {
  const source = conflictSourceOf(node.parts.replica, laneOf(node), () => '');
  const [conflict] = openConflicts(source);
  if (conflict === undefined) return;
  const { key, siblings } = conflict;
  const stamp = siblings[random.below(siblings.length)]?.stamp ?? '';
  await resolveConflict(node.writable(), key, random.chance(0.8) ? { stamp } : { remove: true });
}

async function restart(world: World, at: number): Promise<void> {
  const { random, nodes, codeComesAndGoes = false } = world;
  if (random.chance(0.5)) await (nodes[at] as Engine).checkpoint();
  await reopen(world, at, withCode(codeComesAndGoes ? random.below(3) : 1));
}

async function reopen({ machines, nodes }: World, at: number, options: NodeOptions): Promise<void> {
  await (nodes[at] as Engine).close();
  nodes[at] = await openNode(machines[at] as MemoryEnv, options);
}

async function everybodyHearsAll({ nodes }: World): Promise<void> {
  for (let round = 0; round < 2; round++) {
    for (const from of nodes) for (const to of nodes) if (from !== to) await exchange(from, to);
  }
}
