/**
 * One identity twice, on whole nodes with links: a copied directory beside its original, a restored
 * backup, an image rolled back in place. Never two commits of one name; each is told, or frozen and
 * alarmed; and what everybody wrote is there in the end (INV-8, INV-9, N4, N5).
 */
import { expect, test } from 'vitest';
import { type Engine, restoreBackup } from '../../src/engine/index.ts';
import type { MemoryFileSystem } from '../../src/env/memory/index.ts';
import { imageOfMachine, machineOfImage, rollBack } from '../support/machine-images.ts';
import { NODE_DIRECTORY } from '../support/memory-node.ts';
import { type PeerMachine, PeerWorld } from '../support/peer-world.ts';
import { chainsOf } from '../support/rebuilt-node.ts';

interface Pair {
  readonly world: PeerWorld;
  readonly shop: PeerMachine;
  readonly van: PeerMachine;
  readonly first: Engine;
}

async function pair(seed: number): Promise<Pair> {
  const world = new PeerWorld(seed);
  const [shop, van] = [world.machine(), world.machine()];
  const first = await world.open(shop);
  await world.join(shop, van);
  expect(await world.converge()).toBe(true);
  return { world, shop, van, first };
}

function nodesOf({ machines }: PeerWorld): Engine[] {
  return machines.flatMap(({ engine }) => (engine === undefined ? [] : [engine]));
}

/** Every node has all of these, and no name stands for two commits anywhere. */
async function checkAll(
  world: PeerWorld,
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  const nodes = nodesOf(world);
  expect(chainsOf(nodes).twice).toEqual([]);
  for (const node of nodes) {
    for (const [key, value] of Object.entries(values)) expect(await node.get(key)).toEqual(value);
  }
}

function said(world: PeerWorld, text: string): boolean {
  return world.logs.some((line) => line.includes(text));
}

test('a copy beside its original, both linked: told, and no name is given twice', async () => {
  const { world, shop, van, first } = await pair(1);
  const original = van.engine as Engine;
  await world.settled(original.put('before', 1));
  expect(await world.converge()).toBe(true);

  const copy = machineOfImage(world, imageOfMachine(van));
  const twin = await world.open(copy);
  await world.settled(original.put('by original', 1));
  await world.settled(twin.put('by copy', 2));
  await world.run(60_000);
  const names = nodesOf(world).map((node) => node.lane?.parts.author.originText);
  expect(new Set(names).size).toBe(3);

  // Who sees both says so, in the log and in the state that `status` shows.
  expect(said(world, `10.0.0.1 error transport: two processes use the key`)).toBe(true);
  const { warnings } = await world.settled(first.syncStateInfo());
  expect(warnings.join('\n')).toContain('two processes use the key');
  expect(
    (await world.settled(first.status())).transport.refused['duplicate_identity'],
  ).toBeGreaterThan(0);
  // One of them is linked; everybody goes on writing.
  await world.settled(first.put('shop', 3));
  await world.settled(original.put('by original', 4));
  await world.settled(twin.put('by copy', 5));
  await world.run(5_000);
  expect(chainsOf(nodesOf(world)).twice).toEqual([]);

  // Each in its turn: all of it comes together, under names of their own.
  await world.settled(original.stopTransport());
  await world.run(120_000);
  await world.settled(original.startTransport({ host: van.address, port: 4700 }));
  await world.settled(twin.stopTransport());
  await world.settled(original.connect(`${shop.address}:4700`));
  expect(await world.converge(120_000, [shop, van])).toBe(true);
  await world.settled(original.stopTransport());
  await world.settled(twin.startTransport({ host: copy.address, port: 4700 }));
  await world.settled(twin.connect(`${shop.address}:4700`));
  expect(await world.converge(120_000)).toBe(true);
  await checkAll(world, { before: 1, 'by original': 4, 'by copy': 5, shop: 3 });
  await world.close();
});

test('a backup restored with its key while the original writes on: both converge', async () => {
  const { world, shop, van } = await pair(2);
  const original = van.engine as Engine;
  await world.settled(original.put('both', 1));
  await world.settled(original.backup('/data/backup'));
  await world.settled(original.put('after backup', 1));
  expect(await world.converge()).toBe(true);
  const other = machineOfImage(world, imageOfMachine(van));
  other.env.fs.rename(NODE_DIRECTORY, '/data/original');
  const identityDir = '/data/original/identity';
  await world.settled(restoreBackup(other.env, '/data/backup', NODE_DIRECTORY, { identityDir }));
  // The original is lost, as it was when the backup is needed.
  world.kill(van);
  const restored = await world.open(other, { identityDir });
  expect(await restored.get('after backup')).toBeUndefined();
  await world.settled(restored.put('by restored', 2));
  await world.settled(restored.connect(`${shop.address}:4700`));
  expect(await world.converge(60_000, [shop, other])).toBe(true);
  // What it had written after the backup came back to it from its peer.
  await checkAll(world, { both: 1, 'after backup': 1, 'by restored': 2 });
  await world.close();
});

test('an image rolled back in place: what it lost comes back from its peers', async () => {
  const { world, van, shop, first } = await pair(3);
  const node = van.engine as Engine;
  await world.settled(node.put('k', 1));
  expect(await world.converge()).toBe(true);
  const image = imageOfMachine(van);
  await world.settled(node.put('lost here', 1));
  await world.settled(first.put('k', 2));
  expect(await world.converge()).toBe(true);

  rollBack(world, van, image);
  const again = await world.open(van);
  expect(await again.get('lost here')).toBeUndefined();
  await world.settled(again.put('after', 3));
  expect(await world.converge()).toBe(true);
  await checkAll(world, { k: 2, 'lost here': 1, after: 3 });
  expect(said(world, 'it has less than it had acknowledged')).toBe(true);
  expect((await first.syncStateInfo()).warnings.join('\n')).toContain('rolled back');
  expect(shop.engine).toBe(first);
  await world.close();
});

/** An image from before a delete that all have; what it writes after tombstones were collected. */
async function rolledBackBehindDelete(
  seed: number,
  isOffline: boolean,
): Promise<{ pair: Pair; again: Engine }> {
  const made = await pair(seed);
  const { world, van, first } = made;
  const node = van.engine as Engine;
  await world.settled(node.put('deleted', 1));
  expect(await world.converge()).toBe(true);
  const image: MemoryFileSystem = imageOfMachine(van);
  await world.settled(first.remove('deleted'));
  expect(await world.converge()).toBe(true);
  await world.run(120_000);
  expect((await world.settled(first.status())).store.tombstones).toBe(0);
  expect((await first.syncStateInfo()).tombstonesCollected).toBeGreaterThan(0);
  rollBack(world, van, image);
  if (isOffline) world.world.network.isolate(van.address);
  const again = await world.open(van);
  return { pair: made, again };
}

test('rolled back behind a collected tombstone, and silent: the delete reaches it', async () => {
  const { pair: made, again } = await rolledBackBehindDelete(4, false);
  const { world, first } = made;
  expect(await again.get('deleted')).toBe(1);
  expect(await world.converge()).toBe(true);
  for (const node of [first, again]) expect(await node.get('deleted')).toBeUndefined();
  await world.close();
});

test('rolled back behind a collected tombstone, and writing before it meets anybody: frozen and alarmed', async () => {
  const { pair: made, again } = await rolledBackBehindDelete(5, true);
  const { world, shop, first } = made;
  // It writes what it has deleted, from a view in which it was never deleted.
  await world.settled(again.put('deleted', 'again'));
  await world.settled(again.put('other', 1));
  world.world.network.healAll();
  await world.settled(again.connect(`${shop.address}:4700`));
  await world.run(60_000);
  const origin = again.lane?.parts.author.originText as string;
  expect((await first.syncStateInfo()).frozenOrigins).toEqual([origin]);
  expect(said(world, '10.0.0.1 error sync: fork: two commits are called')).toBe(true);
  const [peer] = await first.peers();
  expect(peer?.state).toBe('frozen');
  expect(await first.get('deleted')).toBeUndefined();
  expect(await first.get('other')).toBeUndefined();
  // Its author is told, and keeps what it wrote.
  const { warnings } = await again.syncStateInfo();
  expect(warnings.join('\n')).toContain(`does not take ${origin}/1: fork: the origin is frozen`);
  expect((await again.syncWhy('other')).verdict).toContain('does not take it (fork: ');
  expect(await again.get('other')).toBe(1);
  // Local work goes on everywhere.
  await world.settled(first.put('goes on', 1));
  await world.settled(again.put('goes on too', 1));
  await world.close();
});
