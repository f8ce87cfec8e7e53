import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import type { Engine } from '../../src/engine/index.ts';
import {
  beginClosing,
  changeMember,
  changeWorldLimits,
} from '../../src/store/transactions/index.ts';
import { figure } from '../support/long.ts';
import { type MemberOutcome, runMemberHistory } from '../support/member-histories.ts';
import {
  agreement,
  exchange,
  joinNode,
  laneOf,
  newMachine,
  openNode,
} from '../support/memory-node.ts';

/** What is wrong in the code under test; all off: the real thing. */
const mutant = vi.hoisted(() => ({
  /** Own writes are logged whether they may be or not. */
  trustsItself: false,
  /** Judges by what the receiver knows now, not by what the author had seen. */
  judgesByPresent: false,
  ignoresScopes: false,
  /** Of an end and a concurrent change the change wins on whoever has it last. */
  endLoses: false,
}));

vi.mock('../../src/store/transactions/refuse-own-write.ts', async (load) => {
  const real = await load<typeof import('../../src/store/transactions/refuse-own-write.ts')>();
  const refuseOwnWrite: typeof real.refuseOwnWrite = (...given) => {
    if (!mutant.trustsItself) real.refuseOwnWrite(...given);
  };
  return { ...real, refuseOwnWrite };
});

vi.mock('../../src/store/transactions/bundle-check.ts', async (load) => {
  const real = await load<typeof import('../../src/store/transactions/bundle-check.ts')>();
  const judgeBundle: typeof real.judgeBundle = (bytes, past) =>
    real.judgeBundle(bytes, mutant.judgesByPresent ? { ...past, covers: () => true } : past);
  return { ...real, judgeBundle };
});

vi.mock('../../src/store/transactions/standing.ts', async (load) => {
  const real = await load<typeof import('../../src/store/transactions/standing.ts')>();
  const isInScope: typeof real.isInScope = (...given) =>
    mutant.ignoresScopes || real.isInScope(...given);
  const combineStandings: typeof real.combineStandings = (standings) => {
    const combined = real.combineStandings(standings);
    return mutant.endLoses && combined !== undefined ? { ...combined, state: 'member' } : combined;
  };
  return { ...real, isInScope, combineStandings };
});

afterEach(() => {
  for (const name of Object.keys(mutant) as (keyof typeof mutant)[]) mutant[name] = false;
});

function disagree(outcomes: readonly MemberOutcome[]): boolean {
  return outcomes.some((one) => JSON.stringify(one) !== JSON.stringify(outcomes[0]));
}

test('nodes that have everything judge alike, whoever may do what when (INV-7)', async () => {
  let voids = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 1_000_000 }),
      fc.integer({ min: 3, max: 5 }),
      fc.boolean(),
      async (seed, nodes, isFaulty) => {
        mutant.trustsItself = isFaulty;
        const outcomes = await runMemberHistory({ seed, steps: 30, nodes });
        for (const one of outcomes) expect(one).toEqual(outcomes[0]);
        const [{ voids: found }] = outcomes as [MemberOutcome];
        // An honest author never writes what is void, for it has seen all that it has.
        if (!isFaulty) expect(found).toEqual([]);
        voids += found.length;
      },
    ),
    { numRuns: figure({ short: 60, long: 5_000 }) },
  );
  expect(voids).toBeGreaterThan(0);
}, 1_200_000);

test('a mutant that judges by what the receiver knows is caught', async () => {
  mutant.judgesByPresent = true;
  let caught = false;
  for (let seed = 0; seed < 60 && !caught; seed++) {
    caught = disagree(await runMemberHistory({ seed, steps: 40, nodes: 3 }));
  }
  expect(caught).toBe(true);
}, 120_000);

/** Founder and admin, another admin, and a member that writes whatever it likes. */
async function faultyWorld(): Promise<{ a: Engine; b: Engine; c: Engine; member: string }> {
  const a = await openNode(newMachine(41));
  const b = await joinNode(newMachine(42), a, {}, { role: 'admin' });
  const c = await joinNode(newMachine(43), a);
  await exchange(a, b);
  mutant.trustsItself = true;
  return { a, b, c, member: c.parts.identity.fingerprint };
}

/** Everybody gets everything; what user keys there are, and how many commits are void. */
async function settled(nodes: readonly Engine[]): Promise<{ keys: string[]; voids: number }> {
  for (let round = 0; round < 2; round++) {
    for (const from of nodes) for (const to of nodes) if (from !== to) await exchange(from, to);
  }
  const found: { keys: string[]; voids: number }[] = [];
  for (const node of nodes) {
    let voids = 0;
    for await (const commit of node.changes({ from: 1, live: false })) {
      if (commit.void !== undefined) voids++;
    }
    found.push({ keys: [...node.reads.keys()], voids });
    expect(agreement(node)).toEqual(agreement(nodes[0] as Engine));
  }
  for (const one of found) expect(one).toEqual(found[0]);
  return found[0] as (typeof found)[0];
}

async function outOfScope(): Promise<{ keys: string[]; voids: number }> {
  const { a, b, c, member } = await faultyWorld();
  await changeMember(laneOf(a), member, { scopes: ['in/'] });
  // Not seen yet: valid, wherever and whenever it is judged.
  await c.put('before', 1);
  await exchange(a, c);
  await c.put('out/1', 1);
  await c.put('in/1', 1);
  return settled([a, b, c]);
}

test('what a faulty author writes outside its scopes is void everywhere and blocks nothing', async () => {
  expect(await outOfScope()).toEqual({ keys: ['before', 'in/1'], voids: 1 });
  mutant.ignoresScopes = true;
  expect(await outOfScope()).toEqual({ keys: ['before', 'in/1', 'out/1'], voids: 0 });
});

async function endAndChange(): Promise<{ keys: string[]; voids: number }> {
  const { a, b, c, member } = await faultyWorld();
  await beginClosing(laneOf(a), member);
  await changeMember(laneOf(b), member, { role: 'admin' });
  await exchange(b, c);
  await c.put('not ended yet', 1);
  await exchange(a, c);
  await c.put('ended', 1);
  return settled([a, b, c]);
}

test('an end wins over what was changed at the same time', async () => {
  expect(await endAndChange()).toEqual({ keys: ['not ended yet'], voids: 1 });
  mutant.endLoses = true;
  expect(await endAndChange()).toEqual({ keys: ['ended', 'not ended yet'], voids: 0 });
});

test('of concurrent changes the narrower role, the common scopes and the lower limits hold', async () => {
  const { a, b, c, member } = await faultyWorld();
  await changeMember(laneOf(a), member, { scopes: ['x/', 'y/1'] });
  await changeMember(laneOf(b), member, { scopes: ['y/', 'z/'] });
  await changeWorldLimits(laneOf(a), { valueBytesMax: 50 });
  await changeWorldLimits(laneOf(b), { valueBytesMax: 60, depthMax: 7 });
  await settled([a, b, c]);
  const standing = { role: 'write', scopes: ['y/1'], state: 'member', founder: false };
  expect(laneOf(c).membership.standing).toMatchObject(standing);
  for (const node of [a, b, c]) {
    const { table } = laneOf(node).membership;
    expect(table.limits()).toMatchObject({ valueBytesMax: 50, depthMax: 7 });
    expect(laneOf(node).parts.limits).toMatchObject({ valueBytesMax: 50, depthMax: 7 });
  }
  // A later one that has seen both says anew what holds.
  await changeMember(laneOf(b), member, { role: 'read', scopes: null });
  await changeWorldLimits(laneOf(b), { valueBytesMax: 500 });
  await settled([a, b, c]);
  expect(laneOf(c).membership.standing).toMatchObject({ role: 'read', scopes: undefined });
  expect(laneOf(c).parts.limits.valueBytesMax).toBe(500);
  mutant.trustsItself = false;
  await expect(c.put('y/1', 1)).rejects.toMatchObject({ code: 'forbidden' });
  expect(c.reads.get('y/1')).toBeUndefined();
});

test('a void own commit stays void when its node opens again', async () => {
  const a = await openNode(newMachine(51));
  const machine = newMachine(52);
  const c = await joinNode(machine, a, {}, { scopes: ['in/'] });
  mutant.trustsItself = true;
  const { seq } = await c.put('out', 1);
  await c.writable().transact((tx) => {
    tx.put('out', 2);
    tx.put('in/1', 1);
  });
  await c.put('in/2', 2);
  const before = agreement(c);
  expect([...c.reads.keys()]).toEqual(['in/2']);
  await c.close();
  const again = await openNode(machine);
  expect(agreement(again)).toEqual(before);
  for await (const commit of again.changes({ from: seq, live: false })) {
    if (commit.seq === seq) expect(commit.void).toContain('outside the scopes');
  }
  expect(await settled([a, again])).toEqual({ keys: ['in/2'], voids: 2 });
});
