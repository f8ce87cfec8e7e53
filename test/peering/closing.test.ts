/**
 * Memberships that have ended: what a closed member wrote behind its end is taken by nobody, not
 * lost, and authored again when it is a member again.
 */
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { AdastraError, Prng, validateLimits } from '../../src/core/index.ts';
import { type Engine, joinWorld } from '../../src/engine/index.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { NODE_DIRECTORY } from '../support/memory-node.ts';
import { type PeerMachine, PeerWorld } from '../support/peer-world.ts';

/** What is wrong in the code under test; off: the real thing. */
const mutant = vi.hoisted(() => ({ keepsAll: false }));

vi.mock('../../src/engine/peering/beyond-ends.ts', async (load) => {
  const real = await load<typeof import('../../src/engine/peering/beyond-ends.ts')>();
  const beyondEnds: typeof real.beyondEnds = (...given) =>
    mutant.keepsAll ? [] : real.beyondEnds(...given);
  return { ...real, beyondEnds };
});

afterEach(() => {
  mutant.keepsAll = false;
});

interface Three {
  readonly world: PeerWorld;
  readonly machines: readonly [PeerMachine, PeerMachine, PeerMachine];
  readonly nodes: [Engine, Engine, Engine];
  /** Of the van. */
  readonly fingerprint: string;
}

async function three(seed: number): Promise<Three> {
  const world = new PeerWorld(seed);
  const shop = world.machine();
  const van = world.machine();
  const depot = world.machine();
  const first = await world.open(shop);
  const second = await world.join(shop, van);
  const third = await world.join(shop, depot);
  expect(await world.converge()).toBe(true);
  await world.settled(second.put('van/before', 1));
  expect(await world.converge()).toBe(true);
  const { fingerprint } = await second.nodeInfo();
  return { world, machines: [shop, van, depot], nodes: [first, second, third], fingerprint };
}

async function codeOf(world: PeerWorld, call: Promise<unknown>): Promise<string> {
  try {
    await world.settled(call);
  } catch (error) {
    if (AdastraError.is(error)) return error.code;
    throw error;
  }
  return 'none';
}

/** Invites the van again and opens it. */
async function readmit({ world, machines, nodes }: Three): Promise<Engine> {
  const [shop, van] = machines;
  const { code } = await world.settled((shop.engine as Engine).invite());
  await world.settled((van.engine as Engine).close());
  van.engine = undefined;
  const limits = validateLimits();
  const { directory } = await world.settled(joinWorld(van.env, NODE_DIRECTORY, code, { limits }));
  expect(directory).toBe('rejoined');
  const engine = await world.open(van);
  nodes[1] = engine;
  return engine;
}

/** While the shop is away the depot takes from the van what the shop then ends it before. */
async function forceClosed({ world, machines, nodes, fingerprint }: Three): Promise<void> {
  const [shop] = machines;
  const [first, second, third] = nodes;
  await world.settled(second.connect(`${machines[2].address}:4700`));
  world.world.network.isolate(shop.address);
  await world.settled(second.put('van/late', 1));
  await world.run(10_000);
  await world.settled(third.put('depot/own', 1));
  await world.settled(third.put('van/late', 'depot'));
  await world.settled(first.closeMember(fingerprint));
  const { state } = await world.settled(first.closeMember(fingerprint, { force: true }));
  expect(state).toBe('closed');
  world.world.network.healAll();
  await world.run(60_000);
}

/** Nobody waits for anybody: all that all of them have is known to be stable. */
async function everythingStable(world: PeerWorld, nodes: readonly Engine[]): Promise<void> {
  await world.run(60_000);
  for (const node of nodes) {
    const { stableSeq, warnings } = await node.syncStateInfo();
    // That something behind an end was sent is told for good.
    const others = warnings.filter((text) => !text.startsWith('refused:'));
    expect([stableSeq, others]).toEqual([node.seq, []]);
  }
}

async function close({ world, nodes, fingerprint }: Three): Promise<void> {
  const [first] = nodes;
  expect((await world.settled(first.closeMember(fingerprint))).state).toBe('closing');
  await world.run(30_000);
  expect((await world.settled(first.closeMember(fingerprint))).state).toBe('closed');
}

test('a closed member that returns authors again what nobody took', async () => {
  const all = await three(1);
  const { world, machines, nodes } = all;
  const [first, second, third] = nodes;
  const [shop, van] = machines;
  world.world.network.isolate(van.address);
  await world.settled(second.put('van/alone', 'mine'));
  await world.settled(second.put('shared', 'van'));
  await world.settled(second.put('van/alone', 'mine again'));
  await world.settled(first.put('shared', 'shop'));
  await close(all);
  world.kill(van);
  const opened = await world.open(van);
  await world.settled(opened.put('van/later', 'second incarnation'));
  world.world.network.healAll();
  await world.run(120_000);
  expect(await first.get('van/alone')).toBe(undefined);
  expect(await codeOf(world, opened.connect(`${shop.address}:4700`))).toBe('peer_refused');

  const again = await readmit(all);
  expect(await world.converge()).toBe(true);
  for (const node of [first, again, third]) {
    expect(await node.get('van/before')).toBe(1);
    expect(await node.get('van/alone')).toBe('mine again');
    expect(await node.get('van/later')).toBe('second incarnation');
    expect(await node.get('shared')).toBe('shop');
  }
  const letters = await again.deadLetters();
  expect(
    letters.map(({ keys }) => keys.map(({ key, value, current }) => [key, value, current])),
  ).toEqual([[['shared', 'van', 'shop']]]);
  expect((await again.syncStateInfo()).frozenOrigins).toEqual([]);
  expect((await first.syncStateInfo()).frozenOrigins).toEqual([]);
  await world.settled(again.put('van/new', 1));
  expect(await world.converge()).toBe(true);
  await everythingStable(world, [first, again, third]);
  await world.close();
});

test('a member that had taken some of it rebuilds without, and authors again what had seen it', async () => {
  const all = await three(2);
  const { world, nodes, fingerprint } = all;
  const [first, second, third] = nodes;
  await forceClosed(all);
  expect(await world.converge(120_000, [all.machines[0], all.machines[2]])).toBe(true);
  // What had seen what was taken out is there again under another name, or is shown.
  for (const node of [first, third]) {
    expect(await node.get('van/late')).toBe(undefined);
    expect(await node.get('depot/own')).toBe(1);
    expect(await node.get('depot/of-van')).toBe(undefined);
  }
  const [letter, ...none] = await third.deadLetters();
  expect(none).toEqual([]);
  expect(letter?.keys.map(({ key, value }) => [key, value])).toEqual([['van/late', 'depot']]);
  expect((await third.members()).find((one) => one.fingerprint === fingerprint)?.state).toBe(
    'closed',
  );
  await everythingStable(world, [first, third]);
  // The closed one still reads all that it wrote.
  expect(await second.get('van/late')).toBe('depot');
  const again = await readmit(all);
  expect(await world.converge()).toBe(true);
  expect(await first.get('van/late')).toBe(1);
  await everythingStable(world, [first, again, third]);
  await world.close();
});

test('breach: a node that keeps what lies behind an end never agrees with the others', async () => {
  mutant.keepsAll = true;
  const all = await three(3);
  await forceClosed(all);
  const { world, machines } = all;
  expect(await world.converge(60_000, [machines[0], machines[2]])).toBe(false);
  await world.close();
});

test('what was found good once is not looked for again, and writes of the readmitted stay', async () => {
  const all = await three(4);
  const { world, machines, nodes } = all;
  const [first] = nodes;
  const [shop, van] = machines;
  await close(all);
  const again = await readmit(all);
  expect(await world.converge()).toBe(true);
  await world.settled(again.put('van/1', 1));
  expect(await world.converge()).toBe(true);
  // A second end, and a third life: each incarnation counts as far as its end says.
  await close(all);
  await world.settled(again.put('van/2', 2)).catch(() => undefined);
  const last = await readmit(all);
  // It has heard of its end: it reads, and writes again when it has heard of its readmission.
  expect(await codeOf(world, last.put('van/too-early', 0))).toBe('forbidden');
  expect(await world.converge()).toBe(true);
  await world.settled(last.put('van/3', 3));
  expect(await world.converge()).toBe(true);
  for (const machine of [shop, van]) {
    world.kill(machine);
    await world.open(machine);
  }
  expect(await world.converge()).toBe(true);
  for (const node of [shop.engine as Engine, van.engine as Engine]) {
    expect(await node.get('van/1')).toBe(1);
    expect(await node.get('van/3')).toBe(3);
  }
  expect(world.logs.filter((line) => line.includes('taken out')).length).toBeLessThan(3);
  expect(first.closed).toBe(false);
  await world.close();
});

test(
  'whatever is cut and killed while a member is closed and comes back, nothing is lost',
  async () => {
    const runs = figure({ short: 6, long: 300 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1 << 30 }), async (seed) => {
        await randomLife(seed);
      }),
      { numRuns: runs, seed: 20_261_122 },
    );
  },
  TIMEOUT_MS,
);

/** Random writes, cuts and kills around an end by force and a readmission. */
async function randomLife(seed: number): Promise<void> {
  const all = await three(seed);
  const { world, machines, nodes } = all;
  const prng = new Prng(seed);
  const acknowledged: [key: string, value: number][] = [];
  const writeSome = async (at: number): Promise<void> => {
    const { engine } = machines[at] as PeerMachine;
    for (let count = prng.below(4); count > 0 && engine !== undefined; count--) {
      const [key, value] = [`k/${acknowledged.length}`, prng.below(1000)];
      const code = await codeOf(world, engine.put(key, value));
      if (code === 'none') acknowledged.push([key, value]);
      else expect(['forbidden', 'overloaded', 'joining', 'closed']).toContain(code);
    }
  };
  const disturb = async (): Promise<void> => {
    const at = prng.below(3);
    const machine = machines[at] as PeerMachine;
    if (prng.below(3) === 0) world.world.network.isolate(machine.address);
    if (prng.below(3) === 0) world.world.network.healAll();
    if (prng.below(3) === 0) {
      world.kill(machine);
      nodes[at] = await world.open(machine);
    }
    await writeSome(prng.below(3));
    await world.run(prng.below(400));
  };
  for (let count = 0; count < 6; count++) await disturb();
  await codeOf(world, nodes[0].closeMember(all.fingerprint));
  await disturb();
  await codeOf(world, nodes[0].closeMember(all.fingerprint, { force: true }));
  for (let count = 0; count < 6; count++) await disturb();
  world.world.network.healAll();
  await world.run(prng.below(2000));
  await readmit(all);
  for (let count = 0; count < 3; count++) await disturb();
  world.world.network.healAll();
  expect(await world.converge(600_000)).toBe(true);
  await expectAccounted(world, nodes, acknowledged);
  await world.close();
}

/** Every write that was acknowledged stands on every node, or waits as a dead letter. */
async function expectAccounted(
  world: PeerWorld,
  nodes: readonly Engine[],
  acknowledged: readonly [key: string, value: number][],
): Promise<void> {
  await world.run(5_000);
  const letters = new Set<string>();
  for (const node of nodes) {
    for (const { keys } of await node.deadLetters()) for (const { key } of keys) letters.add(key);
  }
  for (const node of nodes) {
    for (const [key, value] of acknowledged) {
      if (!letters.has(key)) expect([key, await node.get(key)]).toEqual([key, value]);
    }
  }
}
