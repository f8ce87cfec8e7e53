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
