/**
 * What a network and a kill do between two whole nodes: acknowledgements that get lost, a receiver
 * killed between applying and acknowledging, a cut of a day, and a restart of the one who waits
 * (N1, N3, N6, N8, N9). Nothing is lost, nothing comes twice.
 */
import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/index.ts';
import { type PeerMachine, PeerWorld } from '../support/peer-world.ts';

const HOUR_MS = 3_600_000;

async function pair(seed: number): Promise<{
  world: PeerWorld;
  shop: PeerMachine;
  van: PeerMachine;
  first: Engine;
  second: Engine;
}> {
  const world = new PeerWorld(seed);
  const [shop, van] = [world.machine(), world.machine()];
  const first = await world.open(shop);
  const second = await world.join(shop, van);
  expect(await world.converge()).toBe(true);
  // Until both know that the other has it.
  await world.run(5_000);
  return { world, shop, van, first, second };
}

/** How often each commit of others stands in the log of a node. */
async function timesOf(node: Engine): Promise<number[]> {
  const times = new Map<string, number>();
  for await (const { origin, originSeq } of node.changes({ from: 1, live: false })) {
    const name = `${origin}/${originSeq}`;
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  return [...times.values()];
}

test('N3: acks that get lost, and a kill between applying and acknowledging: each commit once', async () => {
  const { world, shop, van, first, second } = await pair(1);
  // What the van says is not heard; what it is told, it takes.
  world.world.network.cut(van.address, shop.address, { oneWay: true });
  const receipt = await world.settled(first.put('k', 1));
  await world.run(500);
  expect(await second.get('k')).toBe(1);
  expect((await first.syncWhy('k')).commits[0]?.peers[0]?.state).toBe('inFlight');
  const before = (await first.syncStateInfo()).acknowledged;
  world.kill(van);
  const again = await world.open(van);
  expect(await again.get('k')).toBe(1);
  await world.run(5_000);
  expect((await first.syncStateInfo()).acknowledged).toBe(before);
  world.world.network.healAll();
  await world.settled(first.whenAcknowledged(receipt, { by: 'all' }), 120_000);
  expect(await world.converge()).toBe(true);
  for (const node of [first, again]) {
    expect((await timesOf(node)).every((times) => times === 1)).toBe(true);
  }
  await world.close();
});

test('N1, N9: a cut of a day: nothing fails, attempts are few, and all of it comes over', async () => {
  const { world, shop, van, first, second } = await pair(2);
  world.world.network.cut(shop.address, van.address);
  await world.run(60_000);
  for (let hour = 0; hour < 24; hour++) {
    await world.settled(
      Promise.all([first.put(`shop/${hour}`, hour), second.put(`van/${hour}`, hour)]),
    );
    await world.run(HOUR_MS);
  }
  const { queued, inFlight, deadLetters, retried } = await first.syncStateInfo();
  expect(retried).toBeLessThan(50);
  expect({ queued, inFlight, deadLetters }).toEqual({ queued: 24, inFlight: 0, deadLetters: 0 });
  const [peer] = await first.peers();
  expect(peer).toMatchObject({ commitsRemaining: 24 });
  // The longest wait between two attempts is a minute: an outage ends by itself, within it.
  expect(peer?.nextAttemptMs ?? 0).toBeLessThanOrEqual(60_000);
  world.world.network.healAll();
  expect(await world.converge(180_000)).toBe(true);
  for (const node of [first, second]) expect(await node.count()).toBe(48);
  await world.close();
});

test('N8: who waits for an absent member keeps nothing of its log in memory, also behind a restart', async () => {
  const { world, shop, van, first } = await pair(3);
  await world.settled(first.put('known', 1));
  expect(await world.converge()).toBe(true);
  world.kill(van);
  await world.run(1_000);
  await world.settled(first.close());
  shop.engine = undefined;
  world.kill(shop);
  const again = await world.open(shop);
  // It had everything when it was last there.
  expect((await again.syncStateInfo()).queued).toBe(0);
  for (let at = 0; at < 5; at++) await world.settled(again.put(`k/${at}`, at));
  await world.run(1_000);
  const { queued, inFlight, bytesSent, failed } = await again.syncStateInfo();
  expect({ queued, inFlight, bytesSent, failed }).toEqual({
    queued: 5,
    inFlight: 0,
    bytesSent: 0,
    failed: 0,
  });
  const [entry] = await again.outbox();
  expect(entry).toMatchObject({ state: 'offline', commitsRemaining: 5, inFlight: 0 });
  const back = await world.open(van);
  expect(await world.converge()).toBe(true);
  expect(await back.get('k/4')).toBe(4);
  expect((await again.syncStateInfo()).queued).toBe(0);
  await world.close();
});

test('N1: jitter, latency and twenty cuts: every write is there once, in the end', async () => {
  const world = new PeerWorld(4, { latencyMs: 30, jitterMs: 200 });
  const [shop, van] = [world.machine(), world.machine()];
  const first = await world.open(shop);
  const second = await world.join(shop, van);
  expect(await world.converge()).toBe(true);
  for (let round = 0; round < 20; round++) {
    world.world.network.cut(shop.address, van.address);
    const writes = [first.put(`shop/${round}`, round), second.put(`van/${round}`, round)];
    await world.settled(Promise.all(writes));
    await world.run(300);
    world.world.network.healAll();
    await world.run(700);
  }
  expect(await world.converge(180_000)).toBe(true);
  for (const node of [first, second]) {
    expect(await node.count()).toBe(40);
    expect((await timesOf(node)).every((times) => times === 1)).toBe(true);
  }
  await world.close();
});
