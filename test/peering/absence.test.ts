/**
 * Nodes that were away: below what the others still have in their logs, and for a long time.
 */
import { afterEach, expect, test, vi } from 'vitest';
import { AdastraError } from '../../src/core/index.ts';
import type { Engine, LiveCommit, NodeOptions } from '../../src/engine/index.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { NODE_DIRECTORY } from '../support/memory-node.ts';
import { type PeerMachine, PeerWorld } from '../support/peer-world.ts';

/** What is wrong in the code under test; off: the real thing. */
const mutant = vi.hoisted(() => ({ hasNoWindow: false, knowsNoLease: false }));

vi.mock('../../src/sync/sync-options.ts', async (load) => {
  const real = await load<typeof import('../../src/sync/sync-options.ts')>();
  const syncOptions: typeof real.syncOptions = (partial) => {
    const options = real.syncOptions(partial);
    if (!mutant.hasNoWindow) return options;
    return { ...options, windowBytes: 1 << 30, windowFrames: 1 << 20, receiveBytes: 1 << 30 };
  };
  return { ...real, syncOptions };
});

vi.mock('../../src/engine/peering/lease.ts', async (load) => {
  const real = await load<typeof import('../../src/engine/peering/lease.ts')>();
  const neededByMembers: typeof real.neededByMembers = (...given) =>
    mutant.knowsNoLease ? Number.POSITIVE_INFINITY : real.neededByMembers(...given);
  return { ...real, neededByMembers };
});

afterEach(() => {
  mutant.hasNoWindow = false;
  mutant.knowsNoLease = false;
});

/** Commits of this test that fit a window of 4 MiB, with room to spare. */
const IN_FLIGHT_MAX = 18_000;
const DAY_MS = 24 * 3_600_000;

/** A log that is let go at once, in small segments. */
const FORGETFUL: Partial<NodeOptions> = {
  retention: { commits: 1 },
  limits: { segmentBytes: 64 * 1024, valueBytesMax: 8192, commitBytesMax: 32_768 },
};

function jump(world: PeerWorld, ms: number): void {
  for (const machine of world.machines) {
    machine.env.clock.jumpWall(ms);
    // Also behind a restart.
    machine.wallOffsetMs += ms;
  }
}

async function write(world: PeerWorld, node: Engine, name: string, count: number): Promise<void> {
  const text = 'x'.repeat(200);
  for (let at = 0; at < count; at += 500) {
    const some = Array.from({ length: Math.min(500, count - at) }, (_, index) =>
      node.put(`${name}/${at + index}`, { text, at: at + index }),
    );
    await world.settled(Promise.all(some));
  }
}

/** Bytes of a snapshot that lie in the directory of a node. */
function bytesArrived({ env }: PeerMachine): number {
  const path = `${NODE_DIRECTORY}/incoming`;
  if (env.fs.stat(path) === undefined) return 0;
  return Math.max(
    0,
    ...env.fs.list(path).map((name) => env.fs.stat(`${path}/${name}`)?.sizeBytes ?? 0),
  );
}

/** Lets the log go up to about now; gives where it begins then. */
async function forget(world: PeerWorld, node: Engine): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await write(world, node, `filler/${round}`, 300);
    await world.run(5_000);
    await world.settled(node.checkpoint());
  }
  return (await world.settled(node.status())).wal.baseSeq;
}

interface Three {
  readonly world: PeerWorld;
  readonly machines: readonly [PeerMachine, PeerMachine, PeerMachine];
  readonly nodes: readonly [Engine, Engine, Engine];
}

/** `shop` and `depot` are admins and let their logs go. */
async function three(seed: number): Promise<Three> {
  const world = new PeerWorld(seed);
  const shop = world.machine();
  const van = world.machine();
  const depot = world.machine();
  const first = await world.open(shop, FORGETFUL);
  const second = await world.join(shop, van);
  const third = await world.join(shop, depot, { role: 'admin' }, FORGETFUL);
  await world.settled(first.put('old', 1));
  expect(await world.converge()).toBe(true);
  return { world, machines: [shop, van, depot], nodes: [first, second, third] };
}

/** The van is away until the others have let go what it lacks. */
async function away(seed: number): Promise<Three> {
  const all = await three(seed);
  const { world, machines, nodes } = all;
  const [first, second, third] = nodes;
  await world.settled(first.put('gone', 1));
  expect(await world.converge()).toBe(true);
  world.world.network.isolate(machines[1].address);
  await world.settled(second.put('own', 'unshared'));
  await world.settled(second.put('both', 'van'));
  await world.settled(first.put('both', 'shop'));
  await world.settled(first.remove('gone'));
  await world.run(60_000);
  jump(world, 91 * DAY_MS);
  expect(await forget(world, first)).toBeGreaterThan(0);
  expect(await forget(world, third)).toBeGreaterThan(0);
  return all;
}

function linesWith(world: PeerWorld, text: string): string[] {
  return world.logs.filter((line) => line.includes(text));
}

async function expectTogether({ world, nodes }: Three, van: Engine): Promise<void> {
  const [first, , third] = nodes;
  expect(await world.converge(600_000)).toBe(true);
  for (const node of [first, van, third]) {
    expect(await node.get('own')).toBe('unshared');
    expect(await node.get('gone')).toBe(undefined);
    expect((await node.conflict('both'))?.siblings).toHaveLength(2);
  }
  await world.run(60_000);
  for (const node of [first, van, third]) {
    const { stableSeq, warnings } = await node.syncStateInfo();
    const others = warnings.filter((text) => !text.startsWith('the clock has jumped'));
    expect([stableSeq, others]).toEqual([node.seq, []]);
  }
}

test('a member below the floor gets a snapshot and keeps its own commits', async () => {
  const all = await away(1);
  const { world, nodes } = all;
  const [, second] = nodes;
  const own = await second.getEntry('own');
  const seen: LiveCommit[] = [];
  second.feed.listen((commit) => seen.push(commit));
  const feed = second.changes({ from: second.seq + 1 });
  const next = feed.next().then(
    () => 'none',
    (error: unknown) => (AdastraError.is(error) ? error.code : String(error)),
  );
  world.world.network.healAll();
  expect(await world.converge(300_000)).toBe(true);
  expect((await second.syncStateInfo()).snapshot?.state).toBe('unchecked');
  await world.run(10_000);
  expect((await second.syncStateInfo()).snapshot?.state).toBe('checked');
  await expectTogether(all, second);
  expect((await nodes[0].getEntry('own'))?.stamps).toEqual(own?.stamps);
  expect(seen.some(({ reset }) => reset === true)).toBe(true);
  expect(await next).toBe('reset');
  expect(linesWith(world, 'was taken over')).toHaveLength(1);
  await world.close();
});

test(
  'a snapshot goes on behind a cut and behind a kill, from what is there of it',
  async () => {
    for (const seed of [2, 3]) {
      const all = await away(seed);
      const { world, machines } = all;
      await write(world, all.nodes[0], 'more', 3000);
      await world.run(10_000);
      // A chunk of a snapshot takes six seconds.
      Object.assign(world.world.network.conditions, { latencyMs: 5, bytesPerMs: 40 });
      const [, van] = machines;
      const { network } = world.world;
      let arrived = 0;
      for (let round = 0; round < 3; round++) {
        network.healAll();
        // From one giver: another one's is another file.
        network.cut(van.address, machines[2].address);
        for (let left = 200; left > 0 && bytesArrived(van) <= arrived; left--)
          await world.run(1_000);
        expect(bytesArrived(van)).toBeGreaterThan(arrived);
        arrived = bytesArrived(van);
        expect(linesWith(world, 'was taken over')).toEqual([]);
        expect((await van.engine?.syncStateInfo())?.snapshot?.state).toBe('receiving');
        network.isolate(van.address);
        await world.run(60_000);
        if (seed === 3) {
          world.kill(van);
          await world.open(van);
        }
        expect(bytesArrived(van)).toBe(arrived);
      }
      network.healAll();
      network.cut(van.address, machines[2].address);
      for (let left = 200; left > 0 && bytesArrived(van) > 0; left--) await world.run(1_000);
      expect(linesWith(world, 'was taken over')).toHaveLength(1);
      network.healAll();
      await expectTogether(all, van.engine as Engine);
      await world.close();
    }
  },
  TIMEOUT_MS,
);

test('what is unchecked stays so over a restart; retention keeps what a lease covers', async () => {
  const all = await away(4);
  const { world, machines, nodes } = all;
  const [shop, van, depot] = machines;
  world.kill(depot);
  world.world.network.healAll();
  expect(await world.converge(300_000)).toBe(true);
  await world.run(120_000);
  world.kill(van);
  const again = await world.open(van);
  expect((await again.syncStateInfo()).snapshot).toEqual({
    state: 'unchecked',
    from: (await nodes[0].nodeInfo()).fingerprint,
  });
  // The statements of before are there as well: nobody has to say them again.
  expect(again.peering?.driver.sync.view.statements().length).toBeGreaterThan(1);
  // The depot is away, but its lease lasts: the shop keeps what it lacks.
  const base = await forget(world, nodes[0]);
  expect(await forget(world, nodes[0])).toBe(base);
  await world.open(depot, FORGETFUL);
  expect(await world.converge(300_000)).toBe(true);
  await world.run(10_000);
  expect((await again.syncStateInfo()).snapshot?.state).toBe('checked');
  expect(linesWith(world, 'was taken over').filter((line) => line.includes(depot.address))).toEqual(
    [],
  );
  expect(shop.engine?.closed).toBe(false);
  await world.close();
});

test('a node that joins a world whose log begins later is bootstrapped, and may write', async () => {
  const all = await away(5);
  const { world, machines, nodes } = all;
  const late = world.machine();
  late.env.clock.jumpWall(91 * DAY_MS);
  const fourth = await world.join(machines[0], late);
  expect(await world.converge(300_000, [machines[0], machines[2], late])).toBe(true);
  await world.run(1_000);
  await world.settled(fourth.put('late/1', 1));
  world.world.network.healAll();
  await expectTogether(all, nodes[1]);
  expect(await nodes[1].get('late/1')).toBe(1);
  await world.close();
});

test('a member that may not give snapshots says so', async () => {
  const world = new PeerWorld(6);
  const [shop, van, depot] = [world.machine(), world.machine(), world.machine()];
  await world.open(shop, FORGETFUL);
  const second = await world.join(shop, van, { role: 'write' }, FORGETFUL);
  const third = await world.join(shop, depot);
  expect(await world.converge()).toBe(true);
  world.world.network.isolate(depot.address);
  await world.run(60_000);
  jump(world, 91 * DAY_MS);
  expect(await forget(world, second)).toBeGreaterThan(0);
  world.kill(shop);
  world.world.network.healAll();
  await world.settled(third.connect(`${van.address}:4700`));
  await world.run(10_000);
  const [peer] = (await third.peers()).filter(({ state }) => state === 'connected');
  expect(peer?.lastError).toContain('an admin or witness can help');
  expect((await second.syncStateInfo()).warnings.join()).toContain('snapshot_unavailable');
  // Then one comes back that may.
  await world.open(shop, FORGETFUL);
  expect(await world.converge(600_000)).toBe(true);
  await world.close();
});

/** Gives the most commits that were on their way at once while the van caught up. */
async function catchUp(commits: number): Promise<number> {
  const world = new PeerWorld(7, { latencyMs: 5 });
  const [shop, van] = [world.machine(), world.machine()];
  const first = await world.open(shop);
  const second = await world.join(shop, van);
  expect(await world.converge()).toBe(true);
  await world.settled(second.put('van/before', 1));
  expect(await world.converge()).toBe(true);
  world.kill(van);
  const days = 30;
  for (let day = 0; day < days; day++) {
    await write(world, first, `day/${day}`, Math.ceil(commits / days));
    await world.run(1000);
    jump(world, DAY_MS);
  }
  const { inFlight, queued } = await first.syncStateInfo();
  expect([inFlight, queued >= commits]).toEqual([0, true]);
  const again = await world.open(van);
  let mostInFlight = 0;
  for (let left = 100_000; left > 0 && again.seq < first.seq; left--) {
    await world.run(20);
    const [entry] = await first.outbox();
    mostInFlight = Math.max(mostInFlight, entry?.inFlight ?? 0);
  }
  expect(await world.converge(600_000)).toBe(true);
  expect(linesWith(world, 'was taken over')).toEqual([]);
  expect(await again.count({ prefix: 'day/' })).toBe(Math.ceil(commits / days) * days);
  await world.close();
  return mostInFlight;
}

test(
  '30 days and a long log: a node that was off catches up from the log, in bounded memory',
  async () => {
    const mostInFlight = await catchUp(figure({ short: 60_000, long: 1_000_000 }));
    // Never more than a window of 4 MiB is on its way, however much there is to send.
    expect(mostInFlight).toBeGreaterThan(0);
    expect(mostInFlight).toBeLessThan(IN_FLIGHT_MAX);
  },
  TIMEOUT_MS,
);

test(
  'breach: without a window all of it would be on its way at once',
  async () => {
    mutant.hasNoWindow = true;
    expect(await catchUp(60_000)).toBeGreaterThan(IN_FLIGHT_MAX);
  },
  TIMEOUT_MS,
);

test('breach: retention that knows no lease takes the log from a member that is away', async () => {
  mutant.knowsNoLease = true;
  const world = new PeerWorld(8);
  const [shop, van] = [world.machine(), world.machine()];
  const first = await world.open(shop, FORGETFUL);
  await world.join(shop, van);
  expect(await world.converge()).toBe(true);
  world.world.network.isolate(van.address);
  await world.run(60_000);
  expect(await forget(world, first)).toBeGreaterThan(0);
  world.world.network.healAll();
  expect(await world.converge(300_000)).toBe(true);
  expect(linesWith(world, 'was taken over')).toHaveLength(1);
  await world.close();
});
