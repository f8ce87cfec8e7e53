import { expect, test } from 'vitest';
import { AdastraError } from '../../src/core/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { PeerWorld } from '../support/peer-world.ts';

async function codeOf(world: PeerWorld, call: Promise<unknown>): Promise<string> {
  try {
    await world.settled(call);
  } catch (error) {
    if (AdastraError.is(error)) return error.code;
    throw error;
  }
  return 'none';
}

function target(machine: { readonly address: string }): string {
  return `${machine.address}:4700`;
}

test('a third member is accepted by one that never heard of it, by membership alone', async () => {
  const world = new PeerWorld(3);
  const [shop, van, depot] = [world.machine(), world.machine(), world.machine()];
  await world.open(shop);
  const second = await world.join(shop, van);
  await world.converge();
  const third = await world.join(shop, depot);
  await world.converge();
  // The founder goes: the two others have only each other.
  world.kill(shop);
  await world.settled(second.connect(target(depot)));
  await world.settled(second.put('k', 'from the van'));
  expect(await world.converge(60_000, [van, depot])).toBe(true);
  expect(await third.get('k')).toBe('from the van');
  await world.close();
});

test('a code is good once, and only for who shows it first', async () => {
  const world = new PeerWorld(4);
  const [shop, van, thief] = [world.machine(), world.machine(), world.machine()];
  const first = await world.open(shop);
  const { code } = await world.settled(first.invite());
  const { joinWorld } = await import('../../src/engine/index.ts');
  const { validateLimits } = await import('../../src/core/index.ts');
  const limits = validateLimits();
  await world.settled(joinWorld(van.env, '/data/node', code, { limits }));
  const stolen = joinWorld(thief.env, '/data/node', code, { limits });
  expect(await codeOf(world, stolen)).toBe('invite_refused');
  await world.close();
});

test('a node that joined reads at once and writes when it holds what its inviter held', async () => {
  const world = new PeerWorld(5);
  const [shop, van] = [world.machine(), world.machine()];
  const first = await world.open(shop);
  await world.settled(first.put('k', 1));
  const { code } = await world.settled(first.invite());
  const { joinWorld } = await import('../../src/engine/index.ts');
  const { validateLimits } = await import('../../src/core/index.ts');
  await world.settled(joinWorld(van.env, '/data/node', code, { limits: validateLimits() }));
  world.world.network.isolate(van.address);
  const second = await world.open(van);
  expect(await second.get('k')).toBe(undefined);
  expect(await codeOf(world, second.put('k', 2))).toBe('joining');
  world.world.network.healAll();
  expect(await world.converge()).toBe(true);
  await world.settled(second.put('k', 2));
  expect(await world.converge()).toBe(true);
  expect(await first.get('k')).toBe(2);
  await world.close();
});

test('roles and scopes hold on every node; a closed member is not linked any more', async () => {
  const world = new PeerWorld(6);
  const [shop, van, depot] = [world.machine(), world.machine(), world.machine()];
  const first = await world.open(shop);
  const second = await world.join(shop, van, { scopes: ['van/'] });
  const third = await world.join(shop, depot, { role: 'read' });
  await world.converge();
  expect(await codeOf(world, second.put('shop/1', 1))).toBe('forbidden');
  expect(await codeOf(world, second.put('van/1', 1))).toBe('none');
  expect(await codeOf(world, third.put('van/1', 1))).toBe('forbidden');
  expect(await codeOf(world, second.invite())).toBe('forbidden');
  expect(await world.converge()).toBe(true);
  expect(await third.get('van/1')).toBe(1);

  const van2 = (await second.nodeInfo()).fingerprint;
  await world.settled(first.changeMember(van2, { scopes: null }));
  expect(await world.converge()).toBe(true);
  expect(await codeOf(world, second.put('shop/1', 1))).toBe('none');
  expect(await world.converge()).toBe(true);

  expect((await world.settled(first.closeMember(van2))).state).toBe('closing');
  await world.run(30_000);
  expect((await world.settled(first.closeMember(van2))).state).toBe('closed');
  await world.run(30_000);
  const peers = await world.settled(first.peers());
  expect(peers.find(({ fingerprint }) => fingerprint === van2)?.state).not.toBe('connected');
  expect(await codeOf(world, (second as Engine).connect(target(shop)))).toBe('peer_refused');
  expect(await world.converge(60_000, [shop, depot])).toBe(true);
  await world.close();
});
