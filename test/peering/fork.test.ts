/**
 * Two chains under one name, as the memory of a running process that was copied and woken twice
 * writes them: here the second one is planted with the node's key. Everybody sees it, nothing of it
 * goes on until an admin has named the branch that stays, and then everybody agrees.
 */
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { AdastraError, hexOf, Prng } from '../../src/core/index.ts';
import type { Engine, NodeOptions } from '../../src/engine/index.ts';
import { figure, TIMEOUT_MS } from '../support/long.ts';
import { laneOf } from '../support/memory-node.ts';
import { type PeerMachine, PeerWorld } from '../support/peer-world.ts';
import { plantedBundle } from '../support/planted-bundle.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import { chainDigest, signHead } from '../../src/store/transactions/index.ts';

/** What is wrong in the code under test; off: the real thing. */
const mutant = vi.hoisted(() => ({ answersNobody: false }));

vi.mock('../../src/sync/snapshot-wanted.ts', async (load) => {
  const real = await load<typeof import('../../src/sync/snapshot-wanted.ts')>();
  const wantedBy: typeof real.wantedBy = (id) =>
    mutant.answersNobody ? undefined : real.wantedBy(id);
  return { ...real, wantedBy };
});

afterEach(() => {
  mutant.answersNobody = false;
});

const CRYPTO = new NodeCrypto();

interface Three {
  readonly world: PeerWorld;
  readonly machines: readonly [PeerMachine, PeerMachine, PeerMachine];
  readonly nodes: readonly [Engine, Engine, Engine];
  /** Of the van's running process. */
  readonly origin: string;
}

/** Shop and depot are admins. */
async function three(seed: number, options: Partial<NodeOptions> = {}): Promise<Three> {
  const world = new PeerWorld(seed);
  const shop = world.machine();
  const van = world.machine();
  const depot = world.machine();
  const first = await world.open(shop, options);
  const second = await world.join(shop, van);
  const third = await world.join(shop, depot, { role: 'admin' }, options);
  expect(await world.converge()).toBe(true);
  await world.settled(second.put('van/before', 1));
  expect(await world.converge()).toBe(true);
  const origin = laneOf(second).parts.author.originText;
  return { world, machines: [shop, van, depot], nodes: [first, second, third], origin };
}

/** What a second image of the van wrote, each commit by itself, given to `to`. */
async function plant(
  { world, nodes, origin }: Three,
  to: Engine,
  commits: readonly { readonly key: string; readonly value: unknown }[],
): Promise<void> {
  const { identity, log, env } = nodes[1].parts;
  const lane = laneOf(to);
  for (const event of commits) {
    const originSeq = lane.admittedVector.originSeqOf(origin) + 1;
    const ms = env.clock.wallMs();
    const bytes = plantedBundle({ origin, firstOriginSeq: originSeq, ms, commits: [[event]] });
    const digest = chainDigest(CRYPTO, lane.admittedVector.digestOf(origin), bytes);
    const head = signHead(CRYPTO, identity, log.worldId, { origin, originSeq, digest });
    const [result] = await world.settled(to.receiveFrame([bytes], [head]));
    expect(result?.kind).toBe('applied');
  }
}

function placeOf(engine: Engine, origin: string): { originSeq: number; digest: string } {
  const { vector } = laneOf(engine);
  return { originSeq: vector.originSeqOf(origin), digest: hexOf(vector.digestOf(origin)) };
}

async function codeOf(world: PeerWorld, call: Promise<unknown>): Promise<string> {
  try {
    await world.settled(call);
  } catch (error) {
    if (AdastraError.is(error)) return error.code;
    throw error;
  }
  return 'none';
}

/** The depot hears of another branch than shop and van, as long as the other's. */
async function forked(seed: number): Promise<Three> {
  const all = await three(seed);
  const { world, machines, nodes } = all;
  const [first, second, third] = nodes;
  world.world.network.isolate(machines[2].address);
  await plant(all, third, [
    { key: 'van/x', value: 'other image' },
    { key: 'van/z', value: 'other image' },
  ]);
  await world.settled(third.put('depot/own', 1));
  await world.settled(second.put('van/x', 'image'));
  await world.settled(second.put('van/y', 'image'));
  await world.run(30_000);
  expect(await first.get('van/y')).toBe('image');
  world.world.network.healAll();
  await world.run(60_000);
  return all;
}

test('a fork is seen by all, with both facts, and stops nothing but its origin', async () => {
  const all = await forked(1);
  const { world, nodes, origin } = all;
  const [first, second, third] = nodes;
  for (const node of nodes) {
    const { state, frozenOrigins, warnings } = await node.syncStateInfo();
    expect([state, frozenOrigins]).toEqual(['frozen', [origin]]);
    expect(warnings.join('\n')).toContain('fork: two commits are called');
  }
  const [fork] = await third.forks();
  const here = placeOf(third, origin);
  const there = placeOf(first, origin);
  expect(fork).toMatchObject({ origin, originSeq: here.originSeq, digestHere: here.digest });
  expect(fork?.digestThere).toBe(there.digest);
  expect(there.originSeq).toBe(here.originSeq);
  // Everything else goes on, but what has seen one of the branches.
  const receipt = await world.settled(first.put('shop/1', 1));
  expect(receipt.seq).toBeGreaterThan(0);
  expect(await codeOf(world, second.keepBranch(origin, there))).toBe('forbidden');
  expect(await codeOf(world, first.keepBranch(origin, { ...there, digest: 'x' }))).toBe(
    'invalid_options',
  );
  await world.close();
});

test('the branch that an admin names stays; holders of the other take a snapshot', async () => {
  const all = await forked(2);
  const { world, nodes, origin } = all;
  const [first, second, third] = nodes;
  await world.settled(first.keepBranch(origin, placeOf(first, origin)));
  expect(await world.converge(600_000)).toBe(true);
  for (const node of nodes) {
    expect(await node.get('van/x')).toBe('image');
    expect(await node.get('van/y')).toBe('image');
    expect(await node.get('van/z')).toBe(undefined);
    expect(await node.get('depot/own')).toBe(1);
    expect((await node.syncStateInfo()).frozenOrigins).toEqual([]);
    expect(await node.forks()).toEqual([]);
  }
  // The image that stays goes on under its name.
  await world.settled(second.put('van/after', 1));
  expect(placeOf(second, origin).originSeq).toBe(placeOf(first, origin).originSeq + 1);
  expect(await world.converge()).toBe(true);
  expect(await third.get('van/after')).toBe(1);
  expect(await codeOf(world, third.keepBranch(origin, placeOf(first, origin)))).toBe(
    'already_exists',
  );
  await world.close();
});

test('who wrote the lost branch authors it again under another name', async () => {
  const all = await forked(3);
  const { world, nodes, origin } = all;
  const [first, second, third] = nodes;
  await world.settled(third.keepBranch(origin, placeOf(third, origin)));
  expect(await world.converge(600_000)).toBe(true);
  for (const node of nodes) {
    expect(await node.get('van/x')).toBe('other image');
    expect(await node.get('van/z')).toBe('other image');
    expect(await node.get('van/y')).toBe('image');
    expect(await node.get('van/before')).toBe(1);
  }
  const letters = await second.deadLetters();
  expect(
    letters.map(({ keys }) => keys.map(({ key, value, current }) => [key, value, current])),
  ).toEqual([[['van/x', 'image', 'other image']]]);
  expect(laneOf(second).parts.author.originText).not.toBe(origin);
  await world.settled(second.put('van/after', 1));
  await world.settled(first.put('shop/after', 1));
  expect(await world.converge()).toBe(true);
  await world.close();
});

test(
  'whoever is killed while a branch is settled, everybody comes to it',
  async () => {
    const runs = figure({ short: 4, long: 200 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1 << 30 }), async (seed) => {
        const all = await forked(seed);
        const { world, machines, nodes, origin } = all;
        const prng = new Prng(seed);
        const [shop, , depot] = machines;
        const keeps = prng.below(2) === 0 ? nodes[0] : nodes[2];
        await world.settled(keeps.keepBranch(origin, placeOf(keeps, origin)));
        for (let count = 0; count < 6; count++) {
          await world.run(prng.below(3000));
          const machine = machines[prng.below(3)] as PeerMachine;
          if (prng.below(2) === 0) world.world.network.isolate(machine.address);
          else world.world.network.healAll();
          if (prng.below(2) === 0) continue;
          world.kill(machine);
          await world.open(machine);
        }
        world.world.network.healAll();
        expect(await world.converge(900_000)).toBe(true);
        const van = machines[1].engine as Engine;
        const letters = (await van.deadLetters()).flatMap(({ keys }) => keys.map(({ key }) => key));
        // Nobody but the van has what it wrote: it stands, or the van shows it.
        if (!letters.includes('van/y')) expect(await shop.engine?.get('van/y')).toBe('image');
        expect(await depot.engine?.get('depot/own')).toBe(1);
        await world.close();
      }),
      { numRuns: runs, seed: 20_261_122 },
    );
  },
  TIMEOUT_MS,
);

test('breach: where nobody answers who asks for the branch that stays, nobody comes to it', async () => {
  mutant.answersNobody = true;
  const all = await forked(6);
  const { world, nodes, origin } = all;
  await world.settled(nodes[0].keepBranch(origin, placeOf(nodes[0], origin)));
  expect(await world.converge(300_000)).toBe(false);
  await world.close();
});

test('branches of unequal length: seen, and settled in the same way', async () => {
  for (const longer of ['here', 'there'] as const) {
    const all = await three(longer === 'here' ? 4 : 5);
    const { world, machines, nodes, origin } = all;
    const [first, second, third] = nodes;
    world.world.network.isolate(machines[2].address);
    const count = longer === 'here' ? 1 : 3;
    const events = Array.from({ length: count }, (_, at) => ({ key: `o/${at}`, value: at }));
    await plant(all, third, events);
    await world.settled(second.put('van/x', 'image'));
    await world.settled(second.put('van/y', 'image'));
    await world.run(30_000);
    world.world.network.healAll();
    await world.run(60_000);
    const forks = [...(await first.forks()), ...(await third.forks())];
    expect(forks.length).toBeGreaterThan(0);
    await world.settled(first.keepBranch(origin, placeOf(first, origin)));
    expect(await world.converge(600_000)).toBe(true);
    expect(await third.get('van/y')).toBe('image');
    expect(await third.get('o/0')).toBe(undefined);
    await world.close();
  }
});
