import { beforeEach, expect, it } from 'vitest';
import { FakeDirectory, FakeWorld } from '../../test/support/fake-node.ts';
import { NodeSession } from './node-session.ts';

let world: FakeWorld;
let session: NodeSession;

const LOGGER = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

beforeEach(() => {
  world = new FakeWorld();
  world.directories.set('/data', new FakeDirectory());
  session = new NodeSession(world, { dataDir: '/data', durability: undefined, readOnly: false });
});

it('attaches where another process serves the directory, and only there', async () => {
  world.holder = 4711;
  await expect(session.open()).rejects.toMatchObject({ code: 'locked' });
  world.isServed = true;
  const node = await session.open();
  expect(node).toHaveProperty('running.pid', 4711);
  expect(await session.open()).toBe(node);
});

it('looks again where the node that it was attached to no longer answers', async () => {
  world.holder = 4711;
  world.isServed = true;
  const first = await session.open();
  Object.assign(first, { isLost: true });
  world.holder = undefined;
  const second = await session.open();
  expect(second).not.toHaveProperty('running');
  expect(world.calls).toEqual(['attach', 'close']);
});

it('never attaches for a command that must run the node itself', async () => {
  const own = await session.open();
  expect(await session.openHere(LOGGER)).toBe(own);
  await session.close();
  world.holder = 4711;
  world.isServed = true;
  await session.open();
  await expect(session.openHere(LOGGER)).rejects.toMatchObject({ code: 'locked' });
  expect(world.calls).toEqual(['close', 'attach', 'close']);
});
