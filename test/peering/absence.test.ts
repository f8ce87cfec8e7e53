/**
 * Nodes that were away: below what the others still have in their logs, and for a long time.
 */
import { expect, test } from 'vitest';
import type { Engine, NodeOptions } from '../../src/engine/index.ts';
import { type PeerMachine, PeerWorld } from '../support/peer-world.ts';

const DAY_MS = 24 * 3_600_000;

/** A log that is let go at once, in small segments. */
const FORGETFUL: Partial<NodeOptions> = {
  retention: { commits: 1 },
  limits: { segmentBytes: 64 * 1024, valueBytesMax: 8192, commitBytesMax: 32_768 },
};

function jump(world: PeerWorld, ms: number): void {
  for (const { env } of world.machines) env.clock.jumpWall(ms);
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
async function three(seed: number, options: Partial<NodeOptions> = {}): Promise<Three> {
  const world = new PeerWorld(seed);
  const shop = world.machine();
  const van = world.machine();
  const depot = world.machine();
  const first = await world.open(shop, FORGETFUL);
  const second = await world.join(shop, van, {}, options);
  const third = await world.join(shop, depot, { role: 'admin' }, FORGETFUL);
  await world.settled(first.put('old', 1));
  expect(await world.converge()).toBe(true);
  return { world, machines: [shop, van, depot], nodes: [first, second, third] };
}

test('a member below the floor gets a snapshot and keeps its own commits', async () => {
  const { world, machines, nodes } = await three(1);
  const [first, second, third] = nodes;
  const [, van] = machines;
  await world.settled(first.put('gone', 1));
  expect(await world.converge()).toBe(true);
  world.world.network.isolate(van.address);
  const own = await world.settled(second.put('own', 'unshared'));
  await world.settled(second.put('both', 'van'));
  await world.settled(first.put('both', 'shop'));
  await world.settled(first.remove('gone'));
  await world.run(60_000);
  jump(world, 91 * DAY_MS);
  expect(await forget(world, first)).toBeGreaterThan(0);
  expect(await forget(world, third)).toBeGreaterThan(0);
  world.world.network.healAll();
  expect(await world.converge(300_000)).toBe(true);
  expect((await second.syncStateInfo()).snapshot?.state).toBe('unchecked');
  await world.run(10_000);
  expect((await second.syncStateInfo()).snapshot?.state).toBe('checked');
  expect((await first.getEntry('own'))?.stamps).toEqual([own.stamp]);
  expect(await second.get('gone')).toBe(undefined);
  expect((await first.conflict('both'))?.siblings).toHaveLength(2);
  await world.close();
});
