import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/index.ts';
import { PeerWorld } from '../support/peer-world.ts';

test('a node joins by an invitation and both become equal, write after write', async () => {
  const world = new PeerWorld(1);
  const [shop, van] = [world.machine(), world.machine()];
  const first = await world.open(shop);
  await world.settled(first.put('town/Paris', { visits: 1 }));
  const second = await world.join(shop, van);
  expect(await world.converge()).toBe(true);
  expect(await second.get('town/Paris')).toEqual({ visits: 1 });

  await world.settled(second.put('town/Lyon', 1));
  await world.settled(first.put('town/Nice', 2));
  expect(await world.converge()).toBe(true);
  expect(await first.get('town/Lyon')).toBe(1);
  expect(await second.get('town/Nice')).toBe(2);
  await world.close();
});

test('both work alone while the link is cut, and meet again', async () => {
  const world = new PeerWorld(2);
  const [shop, van] = [world.machine(), world.machine()];
  const first = await world.open(shop);
  const second = await world.join(shop, van);
  await world.converge();
  world.world.network.cut(shop.address, van.address);
  const writes: Promise<unknown>[] = [];
  for (const [index, node] of ([first, second] as Engine[]).entries()) {
    for (let key = 0; key < 50; key++) writes.push(node.put(`k/${key}`, { by: index, key }));
  }
  await world.settled(Promise.all(writes));
  await world.run(30_000);
  expect(await first.get('k/1')).toEqual({ by: 0, key: 1 });
  expect(await second.get('k/1')).toEqual({ by: 1, key: 1 });
  world.world.network.healAll();
  expect(await world.converge()).toBe(true);
  expect((await world.settled(first.status())).store.conflicts).toBe(50);
  await world.close();
});

test('a member that was disconnected stays away until the user connects it', async () => {
  const world = new PeerWorld(3);
  const [shop, van] = [world.machine(), world.machine()];
  const first = await world.open(shop);
  const second = await world.join(shop, van);
  await world.converge();
  const { fingerprint } = await world.settled(second.nodeInfo());
  await world.settled(first.disconnect(fingerprint));
  await world.settled(first.put('k', 'first'));
  await world.settled(second.put('k', 'second'));
  // The other one dials again and again; it is turned away.
  await world.run(120_000);
  expect([await first.get('k'), await second.get('k')]).toEqual(['first', 'second']);
  const { transport } = await world.settled(first.status());
  expect(transport).toMatchObject({
    links: 0,
    refused: { disconnected_by_user: expect.any(Number) },
  });
  const peer = await world.settled(first.connect(fingerprint));
  expect(peer.state).toBe('connected');
  expect(await world.converge()).toBe(true);
  expect((await world.settled(second.status())).store.conflicts).toBe(1);
  await world.close();
});

test('a member that nobody can reach comes back by itself once it may', async () => {
  const world = new PeerWorld(4);
  const [shop, van] = [world.machine(), world.machine()];
  const first = await world.open(shop);
  const second = await world.join(shop, van, {}, { transport: undefined });
  const { fingerprint } = await world.settled(second.nodeInfo());
  await world.settled(second.startTransport({ host: van.address, port: 4701 }));
  await world.converge();
  await world.settled(first.disconnect(fingerprint));
  await world.run(60_000);
  expect((await world.settled(first.status())).transport.links).toBe(0);
  world.world.network.cut(shop.address, van.address);
  await expect(world.settled(first.connect(fingerprint))).rejects.toMatchObject({
    code: expect.stringMatching(/peer_unreachable|timeout/),
  });
  world.world.network.healAll();
  await world.settled(second.put('k', 1));
  expect(await world.converge(300_000)).toBe(true);
  expect(await first.get('k')).toBe(1);
  await world.close();
});
