/**
 * Random histories of a world whose members change while they write: several admins admit, change,
 * end and readmit members and set limits, at the same time and without knowing of each other, and a
 * faulty author writes what its node should have refused. Everything follows from the seed. A node
 * that may not write does not; what it still does (its author's check bypassed) is void everywhere.
 */
import { AdastraError, type Commit, Prng, type Role } from '../../src/core/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import type { MemoryEnv } from '../../src/env/memory/index.ts';
import {
  admitMember,
  beginClosing,
  changeMember,
  changeWorldLimits,
} from '../../src/store/transactions/index.ts';
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
const ROLES: readonly Role[] = ['read', 'witness', 'write', 'write', 'admin', 'admin'];
const SCOPES = [null, ['a/'], ['a/1', 'b/'], ['b/', 'c'], []];
const EXPECTED = ['forbidden', 'already_exists', 'condition_failed', 'limit_exceeded', 'not_found'];

export interface MemberHistory {
  readonly seed: number;
  readonly steps: number;
  readonly nodes: number;
}

/** Where a node stands in the end, with what it holds to be void and why. */
export interface MemberOutcome extends ReturnType<typeof agreement> {
  readonly voids: readonly string[];
  readonly members: string;
}

export async function runMemberHistory(history: MemberHistory): Promise<MemberOutcome[]> {
  const random = new Prng(history.seed);
  const machines = Array.from({ length: history.nodes }, (_, at) =>
    newMachine(history.seed * 8 + at),
  );
  const nodes = await openWorld(machines);
  for (let step = 0; step < history.steps; step++) {
    const at = random.below(nodes.length);
    (machines[at] as MemoryEnv).clock.jumpWall(random.below(5000) - 2000);
    const kind = random.below(10);
    if (kind < 4) await deliver(random, nodes);
    else if (kind < 7) await tolerate(() => write(random, nodes[at] as Engine, step));
    else if (kind < 9) await tolerate(() => govern(random, nodes, nodes[at] as Engine));
    else nodes[at] = await restart(machines[at] as MemoryEnv, nodes[at] as Engine, random);
  }
  for (let round = 0; round < 2; round++) {
    for (const from of nodes) for (const to of nodes) if (from !== to) await exchange(from, to);
  }
  const outcomes = await Promise.all(nodes.map(outcomeOf));
  for (let at = 0; at < nodes.length; at++) {
    const again = await restart(machines[at] as MemoryEnv, nodes[at] as Engine, random);
    // What is logged gives the same members, and the same voids, as what was decided.
    outcomes.push(await outcomeOf(again));
    await again.close();
  }
  return outcomes;
}

async function openWorld(machines: readonly MemoryEnv[]): Promise<Engine[]> {
  const founder = await openNode(machines[0] as MemoryEnv);
  const nodes = [founder];
  for (const [at, machine] of machines.slice(1).entries()) {
    nodes.push(await joinNode(machine, founder, {}, { role: at === 0 ? 'admin' : 'write' }));
  }
  for (const node of nodes.slice(1)) await exchange(founder, node);
  return nodes;
}

async function outcomeOf(engine: Engine): Promise<MemberOutcome> {
  const voids: string[] = [];
  for await (const { origin, originSeq, void: reason } of commitsOf(engine)) {
    if (reason !== undefined) voids.push(`${origin}/${originSeq} ${reason}`);
  }
  const table = laneOf(engine).membership.table;
  const members = JSON.stringify([table.members(), table.limits()]);
  return { ...agreement(engine), voids: voids.sort(), members };
}

function commitsOf(engine: Engine): AsyncIterable<Commit> {
  return engine.changes({ from: 1, live: false });
}

async function restart(machine: MemoryEnv, node: Engine, random: Prng): Promise<Engine> {
  if (random.chance(0.5)) await node.checkpoint();
  await node.close();
  return openNode(machine);
}

async function deliver(random: Prng, nodes: readonly Engine[]): Promise<void> {
  const from = nodes[random.below(nodes.length)] as Engine;
  const to = nodes[random.below(nodes.length)] as Engine;
  if (from === to) return;
  const count = bundlesOf(from).length;
  const at = random.chance(0.6) ? 0 : random.below(count);
  for (const { kind } of await give(to, frameOf(from, at, 1 + random.below(count)))) {
    if (kind === 'applied' || kind === 'duplicate' || kind === 'waiting') continue;
    throw new Error(`bundles of members are never ${kind}`);
  }
}

async function write(random: Prng, node: Engine, step: number): Promise<void> {
  const key = KEYS[random.below(KEYS.length)] as string;
  const other = KEYS[random.below(KEYS.length)] as string;
  const size = random.chance(0.2) ? 150 : 5;
  if (random.chance(0.6)) await node.put(key, 'x'.repeat(size) + step);
  else {
    await node.writable().transact((tx) => {
      tx.put(key, step);
      tx.remove(other);
    });
  }
}

async function govern(random: Prng, nodes: readonly Engine[], node: Engine): Promise<void> {
  const lane = laneOf(node);
  const subject = nodes[random.below(nodes.length)] as Engine;
  const { fingerprint, publicKey, nodeId } = subject.parts.identity;
  const role = ROLES[random.below(ROLES.length)] as Role;
  const kind = random.below(10);
  if (kind < 3) await changeMember(lane, fingerprint, { role });
  else if (kind < 6) {
    const scopes = SCOPES[random.below(SCOPES.length)] ?? null;
    await changeMember(lane, fingerprint, { scopes });
  } else if (kind === 6) await beginClosing(lane, fingerprint);
  else if (kind === 7) await admitMember(lane, { fingerprint, publicKey, nodeId, role });
  else await changeWorldLimits(lane, { valueBytesMax: 100 + random.below(100) });
}

async function tolerate(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (AdastraError.is(error) && EXPECTED.includes(error.code)) return;
    throw error;
  }
}
