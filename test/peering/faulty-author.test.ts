/**
 * Commits that may not be: refused at an honest author before anything is written; of an author
 * whose own check is broken void on every node, shown to it as dead letters, in nobody's way.
 */
import { afterEach, expect, test, vi } from 'vitest';
import { AdastraError } from '../../src/core/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { PeerWorld } from '../support/peer-world.ts';

/** What is wrong in the code under test; off: the real thing. */
const mutant = vi.hoisted(() => ({ trustsItself: false, ignoresScopes: false }));

vi.mock('../../src/store/transactions/refuse-own-write.ts', async (load) => {
  const real = await load<typeof import('../../src/store/transactions/refuse-own-write.ts')>();
  const refuseOwnWrite: typeof real.refuseOwnWrite = (...given) => {
    if (!mutant.trustsItself) real.refuseOwnWrite(...given);
  };
  return { ...real, refuseOwnWrite };
});

vi.mock('../../src/store/transactions/standing.ts', async (load) => {
  const real = await load<typeof import('../../src/store/transactions/standing.ts')>();
  const isInScope: typeof real.isInScope = (...given) =>
    mutant.ignoresScopes || real.isInScope(...given);
  return { ...real, isInScope };
});

afterEach(() => {
  mutant.trustsItself = false;
  mutant.ignoresScopes = false;
});

async function codeOf(world: PeerWorld, call: Promise<unknown>): Promise<string> {
  try {
    await world.settled(call);
  } catch (error) {
    if (AdastraError.is(error)) return error.code;
    throw error;
  }
  return 'none';
}

async function scoped(
  seed: number,
): Promise<{ world: PeerWorld; nodes: [Engine, Engine, Engine] }> {
  const world = new PeerWorld(seed);
  const [shop, van, depot] = [world.machine(), world.machine(), world.machine()];
  const first = await world.open(shop);
  const second = await world.join(shop, van, { scopes: ['van/'] });
  const third = await world.join(shop, depot);
  expect(await world.converge()).toBe(true);
  return { world, nodes: [first, second, third] };
}

async function voidsOf(node: Engine): Promise<string[]> {
  const found: string[] = [];
  for await (const commit of node.changes({ from: 1, live: false })) {
    if (commit.void !== undefined) found.push(commit.void);
  }
  return found;
}

test('an honest author refuses it before the log: forbidden, and nothing is written', async () => {
  const { world, nodes } = await scoped(1);
  const [, van] = nodes;
  const before = { seq: van.seq, bytes: van.parts.log.stat().bytes };
  expect(await codeOf(world, van.put('shop/1', 1))).toBe('forbidden');
  expect(await codeOf(world, van.remove('shop/1', { commandId: 'c' }))).toBe('none');
  expect(await codeOf(world, van.put('$world/limits', 1))).toBe('reserved_key');
  const mixed = van.writable().transact((tx) => {
    tx.put('van/1', 1);
    tx.put('shop/1', 1);
  });
  expect(await codeOf(world, mixed)).toBe('forbidden');
  expect({ seq: van.seq, bytes: van.parts.log.stat().bytes }).toEqual(before);
  expect(await van.get('van/1')).toBeUndefined();
  expect(await world.converge()).toBe(true);
  for (const node of nodes) expect(await voidsOf(node)).toEqual([]);
  await world.close();
});

test('of a faulty author it is void everywhere, a dead letter at home, and blocks nothing', async () => {
  const { world, nodes } = await scoped(2);
  const [shop, van, depot] = nodes;
  mutant.trustsItself = true;
  const bad = await world.settled(van.put('shop/1', 'not mine'));
  const good = await world.settled(van.put('van/1', 'mine'));
  mutant.trustsItself = false;
  expect(await world.converge()).toBe(true);
  for (const node of nodes) {
    expect(await voidsOf(node)).toEqual(['"shop/1" is outside the scopes of its author']);
    expect(await node.get('shop/1')).toBeUndefined();
    expect(await node.get('van/1')).toBe('mine');
    const { verdict } = await node.syncWhy(`${bad.origin}/${bad.originSeq}`);
    expect(verdict).toContain('is void: "shop/1" is outside the scopes of its author');
  }
  await world.settled(van.whenAcknowledged(good, { by: 'all' }));
  expect((await van.syncStateInfo()).deadLetters).toBe(1);
  const id = `${bad.origin}/${bad.originSeq}`;
  const letters = await world.settled(van.deadLetters());
  const keys = [{ key: 'shop/1', kind: 'put', value: 'not mine', current: undefined }];
  expect(letters).toEqual([expect.objectContaining({ id, keys })]);
  expect(letters[0]?.reason).toContain('outside the scopes');
  for (const node of [shop, depot]) expect(await world.settled(node.deadLetters())).toEqual([]);

  // Not before the scope is widened; then it is a new commit that is valid everywhere.
  expect(await codeOf(world, van.retryDeadLetter(id))).toBe('forbidden');
  expect(await world.settled(van.deadLetters())).toHaveLength(1);
  const { fingerprint } = await van.nodeInfo();
  await world.settled(shop.changeMember(fingerprint, { scopes: ['van/', 'shop/'] }));
  expect(await world.converge()).toBe(true);
  const receipt = await world.settled(van.retryDeadLetter(id));
  expect(receipt?.originSeq).toBeGreaterThan(bad.originSeq);
  expect(await world.converge()).toBe(true);
  for (const node of nodes) expect(await node.get('shop/1')).toBe('not mine');
  expect(await world.settled(van.deadLetters())).toEqual([]);
  expect(await codeOf(world, van.retryDeadLetter(id))).toBe('not_found');
  await world.close();
});

test('a dead letter is there again behind a restart, until it is dropped', async () => {
  const { world, nodes } = await scoped(3);
  const [, van] = nodes;
  mutant.trustsItself = true;
  const bad = await world.settled(van.put('shop/1', 'not mine'));
  mutant.trustsItself = false;
  expect(await world.converge()).toBe(true);
  const machine = world.machines[1] as (typeof world.machines)[0];
  world.kill(machine);
  const again = await world.open(machine);
  await world.run(5_000);
  const id = `${bad.origin}/${bad.originSeq}`;
  expect((await world.settled(again.deadLetters())).map((letter) => letter.id)).toEqual([id]);
  expect((await again.syncStateInfo()).deadLetters).toBe(1);
  await world.settled(again.retryDeadLetter(id, { drop: true }));
  expect(await world.settled(again.deadLetters())).toEqual([]);
  world.kill(machine);
  const third = await world.open(machine);
  await world.run(5_000);
  expect(await world.settled(third.deadLetters())).toEqual([]);
  await world.close();
});

test('a mutant without scopes would let it through: the tests above would see it', async () => {
  const { world, nodes } = await scoped(4);
  mutant.trustsItself = true;
  mutant.ignoresScopes = true;
  await world.settled(nodes[1].put('shop/1', 'not mine'));
  expect(await world.converge()).toBe(true);
  expect(await nodes[0].get('shop/1')).toBe('not mine');
  await world.close();
});
