/**
 * Random histories of three to five whole nodes over the in-memory transport: they write, remove,
 * decide conflicts, change policies and scopes, lose links and processes, while virtual time passes;
 * then everything is healed and they must become equal. One number tells a whole history.
 */
import { AdastraError, Prng } from '../../src/core/index.ts';
import type { Engine, PolicyName } from '../../src/engine/index.ts';
import { type PeerMachine, PeerWorld } from './peer-world.ts';

const KEYS = ['a/1', 'a/2', 'b/1', 'b/2', 'c'];
const PREFIXES = ['', 'a/', 'b/'];
const POLICIES: readonly PolicyName[] = ['last-write-wins', 'merge-fields', 'manual'];
/** What a random step may meet and go on from. */
const EXPECTED = ['forbidden', 'joining', 'not_found', 'closed', 'overloaded', 'condition_failed'];

export interface PeerHistory {
  readonly seed: number;
  readonly steps: number;
}

/** What each node stands at in the end, or why they did not become equal. */
export interface PeerHistoryEnd {
  readonly equal: boolean;
  readonly contents: readonly string[];
  readonly logs: readonly string[];
  readonly detail: string;
}

export async function runPeerHistory({ seed, steps }: PeerHistory): Promise<PeerHistoryEnd> {
  const random = new Prng(seed);
  const world = new PeerWorld(seed, { latencyMs: 1 + random.below(20) });
  const machines = await openWorld(world, 3 + random.below(3), random);
  for (let step = 0; step < steps; step++) await takeStep(world, machines, random);
  world.world.network.healAll();
  for (const machine of machines) if (machine.engine === undefined) await world.open(machine);
  for (const { engine } of machines)
    for (const { engine: other } of machines) await link(world, engine, other);
  const equal = await world.converge(300_000);
  const ends: { vector: string; content: string }[] = [];
  for (const { engine } of machines) {
    const { contentHash, stateHash } = await world.settled((engine as Engine).hashes());
    const sync = await world.settled((engine as Engine).syncStateInfo());
    ends.push({ vector: JSON.stringify({ stateHash, sync }), content: contentHash });
  }
  const detail = ends.map(({ vector }) => vector).join('\n');
  await world.close();
  return { equal, contents: ends.map(({ content }) => content), logs: world.logs, detail };
}

async function openWorld(world: PeerWorld, count: number, random: Prng): Promise<PeerMachine[]> {
  const machines = Array.from({ length: count }, () => world.machine(random.below(4000) - 2000));
  const [founder, ...others] = machines as [PeerMachine, ...PeerMachine[]];
  await world.open(founder);
  for (const machine of others) {
    const role = random.chance(0.3) ? 'admin' : 'write';
    await world.join(founder, machine, { role });
  }
  await world.converge(60_000);
  return machines;
}

/** Where discovery is off, nodes that only know each other by membership need an address once. */
async function link(
  world: PeerWorld,
  from: Engine | undefined,
  to: Engine | undefined,
): Promise<void> {
  if (from === undefined || to === undefined || from === to) return;
  const { transport } = await world.settled(to.status());
  const target = `${transport.host}:${transport.port}`;
  await world.settled(from.connect(target, { timeoutMs: 5000 }).catch(expected));
}

async function takeStep(world: PeerWorld, machines: PeerMachine[], random: Prng): Promise<void> {
  const machine = machines[random.below(machines.length)] as PeerMachine;
  const other = machines[random.below(machines.length)] as PeerMachine;
  const dice = random.below(100);
  const { network } = world.world;
  if (dice < 8) network.cut(machine.address, other.address);
  else if (dice < 16) network.healAll();
  else if (dice < 20 && machine.engine !== undefined) world.kill(machine);
  else if (dice < 28 && machine.engine === undefined) await world.open(machine);
  else if (dice < 45) await world.run(random.below(3000));
  else if (machine.engine !== undefined) await act(world, machine.engine, random);
}

async function act(world: PeerWorld, node: Engine, random: Prng): Promise<void> {
  const key = KEYS[random.below(KEYS.length)] as string;
  const dice = random.below(100);
  if (dice < 5) {
    const prefix = PREFIXES[random.below(PREFIXES.length)] as string;
    const policy = POLICIES[random.below(POLICIES.length)] as PolicyName;
    await settled(world, node.setPolicy(prefix, random.chance(0.2) ? undefined : { policy }));
  } else if (dice < 10) {
    const members = await world.settled(node.members());
    const { fingerprint, founder } = members[random.below(members.length)] as (typeof members)[0];
    const scopes = random.chance(0.5) ? null : [PREFIXES[1 + random.below(2)] as string];
    if (!founder) await settled(world, node.changeMember(fingerprint, { scopes }));
  } else if (dice < 18) await resolveOne(world, node, random);
  else if (dice < 35) await settled(world, node.remove(key));
  else if (dice < 45) {
    const pair = node.commit({
      operations: [
        { op: 'put', args: { key, value: { n: random.below(9), of: 'pair' } } },
        { op: 'put', args: { key: 'c', value: random.below(9) } },
      ],
    });
    await settled(world, pair);
  } else await settled(world, node.put(key, { [`f${random.below(3)}`]: random.below(100) }));
}

async function resolveOne(world: PeerWorld, node: Engine, random: Prng): Promise<void> {
  for await (const { key, siblings } of node.conflicts({ limit: 1 })) {
    const { stamp } = siblings[random.below(siblings.length)] as (typeof siblings)[0];
    await settled(world, node.resolveConflict(key, { stamp }));
  }
}

async function settled(world: PeerWorld, call: Promise<unknown>): Promise<void> {
  await world.settled(call.then(() => undefined, expected));
}

function expected(error: unknown): void {
  if (AdastraError.is(error) && (EXPECTED.includes(error.code) || error.retryable)) return;
  throw error;
}
