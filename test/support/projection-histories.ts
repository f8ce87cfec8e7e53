/**
 * Random histories of two nodes with projections: writes, bundles in any order, conflicts decided
 * anew, checkpoints, restarts, power cuts, flushes that fail, snapshots installed, versions raised.
 * After each step what a node folded as it went is compared with what a fresh host folds from its
 * log, and with what reads show. Everything follows from the seed.
 */
import { hexOf, Prng } from '../../src/core/index.ts';
import { type AnyProjection, defineIndex } from '../../src/client/index.ts';
import type { Engine, NodeOptions, ProjectionHost } from '../../src/engine/index.ts';
import { setPolicy } from '../../src/engine/policies.ts';
import { openReplica } from '../../src/engine/replica.ts';
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import {
  bundlesOf,
  frameOf,
  give,
  joinNode,
  newMachine,
  NODE_DIRECTORY,
  openNode,
} from './memory-node.ts';
import { installIn, receiveSnapshot } from './rebuilt-node.ts';
import { machineOn } from './repair-world.ts';
import { journal, totals } from './sample-projections.ts';

const KEYS = ['n/a', 'n/b', 'n/c', 'm'];
const RULES = ['last-write-wins', 'merge-fields', 'manual', 'keep-local', 'apply-remote'] as const;
const bySize: AnyProjection = defineIndex({ name: 'by-size', prefix: 'n/', fields: [''] });
const all: readonly AnyProjection[] = [totals, journal, bySize];

/** What tells one state of a projection from another. */
const WHOLE: Readonly<Record<string, string>> = {
  totals: 'amounts',
  journal: 'events',
  'by-size': 'range',
};

interface World {
  readonly random: Prng;
  readonly machines: MemoryEnv[];
  readonly nodes: Engine[];
  /** Of each node, what it is opened with. */
  readonly projections: (readonly AnyProjection[])[];
}

/** How often each kind of step was taken and compared. */
export type Taken = Record<string, number>;

/** Throws where a projection and its log disagree. */
export async function runProjections(seed: number, steps: number): Promise<Taken> {
  const random = new Prng(seed);
  const machines = [newMachine(seed * 2), newMachine(seed * 2 + 1)];
  const founder = await openNode(machines[0] as MemoryEnv, { projections: all });
  const admin = { role: 'admin' } as const;
  const other = await joinNode(machines[1] as MemoryEnv, founder, { projections: all }, admin);
  const world: World = { random, machines, nodes: [founder, other], projections: [all, all] };
  const taken: Taken = {};
  for (let step = 0; step < steps; step++) {
    const name = await oneStep(world, step);
    taken[name] = (taken[name] ?? 0) + 1;
    for (const at of [0, 1]) check(world, at, `step ${step} (${name}), node ${at}`);
  }
  for (const node of world.nodes) await node.close();
  return taken;
}

async function oneStep(world: World, step: number): Promise<string> {
  const { random, machines } = world;
  const at = random.below(2);
  if (random.chance(0.3)) {
    (machines[at] as MemoryEnv).clock.jumpWall(random.below(5000) - 2500);
  }
  const kind = random.below(100);
  const [, name, run] = STEPS.find(([below]) => kind < below) as (typeof STEPS)[number];
  await run(world, at, step);
  return name;
}

type Step = (world: World, at: number, step: number) => Promise<unknown>;

const STEPS: readonly (readonly [below: number, name: string, run: Step])[] = [
  [40, 'write', ({ random, nodes }, at, step) => write(random, nodes[at] as Engine, step)],
  [66, 'deliver', deliver],
  [74, 'rule', stateRule],
  [80, 'checkpoint', ({ nodes }, at) => (nodes[at] as Engine).checkpoint()],
  [86, 'restart', restart],
  [92, 'power cut', powerCut],
  [97, 'failed flush', failedFlush],
  [100, 'snapshot', takeSnapshot],
];

async function write(random: Prng, node: Engine, step: number): Promise<void> {
  const writes: Promise<unknown>[] = [];
  const anyKey = (): string => KEYS[random.below(KEYS.length)] as string;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const key = anyKey();
    const kind = random.below(10);
    if (kind < 3) writes.push(node.remove(key));
    else if (kind < 5) {
      writes.push(
        node.writable().transact((tx) => {
          tx.put(key, random.below(5));
          tx.remove(anyKey());
          tx.put(anyKey(), step);
        }),
      );
    } else writes.push(node.put(key, key === 'm' ? { [`f${random.below(2)}`]: step } : step));
  }
  await Promise.all(writes);
}

async function deliver({ random, nodes }: World, to: number): Promise<void> {
  const from = nodes[1 - to] as Engine;
  const count = bundlesOf(from).length;
  if (count === 0) return;
  const at = random.chance(0.5) ? 0 : random.below(count);
  await give(nodes[to] as Engine, frameOf(from, at, 1 + random.below(count)));
}

async function stateRule({ random, nodes }: World, at: number): Promise<void> {
  const rule = RULES[random.below(RULES.length)] as (typeof RULES)[number];
  const prefix = random.chance(0.5) ? 'n/' : 'm';
  await setPolicy((nodes[at] as Engine).writable(), prefix, { policy: rule });
}

/** Opened with other versions, without one, or with what was not there before. */
async function restart(world: World, at: number): Promise<void> {
  const { random, projections } = world;
  await (world.nodes[at] as Engine).close();
  const before = projections[at] ?? [];
  projections[at] = all
    .map((one) => before.find(({ name }) => name === one.name) ?? one)
    .map((one) => (random.chance(0.2) ? { ...one, version: one.version + 1 } : one))
    .filter(() => random.chance(0.9));
  await open(world, at);
}

async function powerCut(world: World, at: number): Promise<void> {
  const { random, machines } = world;
  const { fs } = machines[at] as MemoryEnv;
  const lost = fs.crash({ mode: 'torn', rng: random.fork() });
  fs.freeze();
  machines[at] = machineOn(lost);
  await open(world, at);
}

/** What waits for a flush that fails is never seen by a projection, and gone when it is opened. */
async function failedFlush(world: World, at: number): Promise<void> {
  const { nodes, machines, random } = world;
  const { fs } = machines[at] as MemoryEnv;
  const node = nodes[at] as Engine;
  fs.setOnOperation(({ kind }) => (kind === 'sync' ? { error: 'EIO' } : undefined));
  const writes = [1, 2].map(() => node.put('n/never', random.below(100)));
  const outcomes = await Promise.allSettled(writes);
  if (outcomes.some(({ status }) => status === 'fulfilled')) throw new Error('it was acknowledged');
  check(world, at, 'behind a failed flush');
  fs.setOnOperation(undefined);
  await node.close();
  await open(world, at);
}

async function takeSnapshot(world: World, at: number): Promise<void> {
  const { nodes, machines } = world;
  const here = machines[at] as MemoryEnv;
  const offer = await receiveSnapshot(nodes[1 - at] as Engine, here);
  const node = nodes[at] as Engine;
  await node.close();
  await installIn(here, node, offer);
  await open(world, at);
}

async function open({ nodes, machines, projections }: World, at: number): Promise<void> {
  const options: NodeOptions = { projections: projections[at] };
  nodes[at] = await openNode(machines[at] as MemoryEnv, options);
}

function check({ nodes, machines, projections }: World, at: number, when: string): void {
  const node = nodes[at] as Engine;
  const { log, limits } = node.parts;
  const fresh = openReplica(machines[at] as MemoryEnv, NODE_DIRECTORY, {
    access: 'read',
    limits,
    fromOldest: true,
    untilSeq: node.seq,
    witnessSeq: node.seq,
    // Of a version that no checkpoint has: made of the log, from its base on.
    projections: (projections[at] ?? []).map((one) => ({ ...one, version: 1_000_000 })),
  });
  fresh.log.abandon();
  const live = node.parts.replica.projections;
  const scratch = fresh.replica.projections;
  if (live.seq !== node.seq || scratch.seq !== node.seq) {
    throw new Error(`${when}: reads show ${node.seq}, projections ${live.seq}, ${scratch.seq}`);
  }
  for (const { name } of projections[at] ?? []) {
    const [mine, theirs] = [shown(live, name), shown(scratch, name)];
    if (mine !== theirs) throw new Error(`${when}: ${name} is\n${mine}, made anew\n${theirs}`);
  }
  const truth = totalOf(node);
  const told = live.status().some(({ name }) => name === 'totals')
    ? live.query('totals', 'total').value
    : truth;
  if (told !== truth) throw new Error(`${when}: the total is ${String(told)}, of entries ${truth}`);
  if (log.baseSeq === 0 && live.status().some(({ state }) => state === 'failed')) {
    throw new Error(`${when}: a projection failed over a whole log`);
  }
}

function totalOf(node: Engine): number {
  let total = 0;
  for (const [, value] of node.reads.list({ prefix: 'n/' })) {
    if (typeof value === 'number') total += value;
  }
  return total;
}

function shown(host: ProjectionHost, name: string): string {
  const status = host.status().find((one) => one.name === name);
  if (status?.state === 'failed') return `failed: ${status.error?.message}`;
  const { codec, bytes } = host.answer(name, WHOLE[name] as string);
  return `${codec} ${hexOf(bytes ?? new Uint8Array())}`;
}
