/** Which of several connections with one node becomes its link. */
import { beforeEach, expect, test } from 'vitest';
import {
  type ContractNode,
  contractNode,
  settled,
  startedAt,
  targetOf,
} from '../testing/transport-world.ts';
import { figure } from '../../test/support/long.ts';
import { type MemoryMachines, memoryMachines } from '../../test/support/transport-memory.ts';
import { rawPeer } from '../../test/support/wire-samples.ts';

let machines: MemoryMachines;

beforeEach(() => {
  machines = memoryMachines();
});

function linkCount(node: ContractNode): number {
  return node.transport.status().links;
}

test('crossed dials in any order of things: one link, of the smaller fingerprint, on both sides', async () => {
  for (let seed = 1; seed <= figure({ short: 40, long: 1000 }); seed++) {
    machines = memoryMachines(seed);
    const [a, b] = [contractNode(machines.first), contractNode(machines.second)];
    const atA = await settled(machines, startedAt(a));
    const atB = await settled(machines, startedAt(b));
    a.transport.keep(b.fingerprint, [targetOf(atB)]);
    b.transport.keep(a.fingerprint, [targetOf(atA)]);
    await machines.world.run(5000);
    expect([linkCount(a), linkCount(b)], `seed ${seed}`).toEqual([1, 1]);
    const directions = [a, b].map(({ transport }) => transport.links()[0]?.direction);
    if (a.streams.length > 1) {
      const dialler = a.fingerprint < b.fingerprint ? 0 : 1;
      expect(directions[dialler], `seed ${seed}`).toBe('out');
    }
    expect(new Set(directions).size).toBe(2);
    // No flapping: an up and a down for the one that lost, at most.
    expect(a.told.links.length).toBeLessThanOrEqual(2);
    expect(b.told.links.length).toBeLessThanOrEqual(2);
    expect(a.told.links.length - a.told.downs.length).toBe(1);
    expect([...a.told.refused, ...b.told.refused, ...a.told.duplicates]).toEqual([]);
    const before = a.told.links.length;
    await machines.world.run(120_000);
    expect(a.told.links.length, 'it stays').toBe(before);
  }
});

test('two dials from one side at once: one link is left', async () => {
  const [a, b] = [contractNode(machines.first), contractNode(machines.second)];
  const target = targetOf(await settled(machines, startedAt(b)));
  const both = Promise.all([a.transport.connectOnce(target), a.transport.connectOnce(target)]);
  const [first, second] = await settled(machines, both);
  await machines.world.run(5000);
  expect(first).toBe(second);
  expect([linkCount(a), linkCount(b)]).toEqual([1, 1]);
  expect(a.told.downs).toEqual([]);
  expect(b.told.downs.length).toBeLessThanOrEqual(1);
});

test('a node that lost power and came back takes the place of its silent link', async () => {
  const [a, b] = [contractNode(machines.first), contractNode(machines.second)];
  const target = targetOf(await settled(machines, startedAt(b)));
  await settled(machines, a.transport.connectOnce(target));
  machines.world.stop('10.0.0.1', 'crash');
  const env = machines.world.machine('10.0.0.3');
  const { privateSeed } = a.identity;
  const again = contractNode({ env, host: '10.0.0.3' }, { privateSeed });
  const began = machines.world.nowMs;
  await settled(machines, again.transport.connectOnce(target));
  await machines.world.runUntil(() => b.told.links.length === 2, 10_000);
  expect(machines.world.nowMs - began).toBeLessThan(2500);
  expect(b.told.downs).toEqual([expect.objectContaining({ reason: 'idle' })]);
  expect(b.told.duplicates).toEqual([]);
  expect(linkCount(b)).toBe(1);
});

test('two live processes with one key: the older link stays, the node is told', async () => {
  const b = contractNode(machines.second);
  const target = targetOf(await settled(machines, startedAt(b)));
  const a = contractNode(machines.first);
  await settled(machines, a.transport.connectOnce(target));
  const copyAt = { env: machines.world.machine('10.0.0.3'), host: '10.0.0.3' };
  const copy = contractNode(copyAt, { privateSeed: a.identity.privateSeed });
  const attempt = copy.transport.connectOnce(target);
  attempt.catch(() => {});
  await machines.world.runUntil(() => b.told.duplicates.length > 0, 10_000);
  expect(b.told.duplicates).toEqual([a.fingerprint]);
  expect(b.transport.status().refused).toEqual({ duplicate_identity: 1 });
  expect(b.transport.link(a.fingerprint)).toBe(b.told.links[0]);
  await machines.world.run(1000);
  expect(copy.told.downs[0]).toMatchObject({ by: 'remote', reason: 'duplicate_identity' });
});

test('a copy that dials its original: the original is told', async () => {
  const b = contractNode(machines.second);
  const target = targetOf(await settled(machines, startedAt(b)));
  const copy = contractNode(machines.first, { privateSeed: b.identity.privateSeed });
  const attempt = copy.transport.connectOnce(target);
  await expect(settled(machines, attempt)).rejects.toMatchObject({ code: 'peer_refused' });
  await machines.world.run(100);
  expect([...b.told.duplicates, ...copy.told.duplicates]).toContain(b.fingerprint);
  expect(b.told.links).toEqual([]);
});

test('more links than allowed are refused, one less is not', async () => {
  const b = contractNode(machines.second, { limits: { linksMax: 2 } });
  await settled(machines, startedAt(b));
  for (const expected of [1, 2, 2]) {
    const peer = await settled(machines, rawPeer(machines.first.env, b));
    peer.greet();
    await machines.world.run(100);
    expect(linkCount(b)).toBe(expected);
  }
  expect(b.transport.status().refused).toEqual({ too_many_links: 1 });
});

test('a third connection while two are being settled is turned away', async () => {
  const b = contractNode(machines.second);
  await settled(machines, startedAt(b));
  const privateSeed = machines.first.env.random.bytes(32);
  const peers = [];
  for (let count = 0; count < 3; count++) {
    const peer = await settled(machines, rawPeer(machines.first.env, b, { privateSeed }));
    peers.push(peer);
    // The first never reads again, so that the probe takes its time.
    peer.greet(`${count}`.repeat(32));
    await machines.world.run(20);
    if (count === 0) peer.stream.pause();
  }
  await machines.world.run(100);
  expect(peers[2]?.heard.at(-1)).toMatchObject({ kind: 'goodbye', reason: 'duplicate' });
  await machines.world.run(5000);
  expect(linkCount(b)).toBe(1);
  expect(b.transport.links()[0]?.sessionId).toBe('1'.repeat(32));
});
