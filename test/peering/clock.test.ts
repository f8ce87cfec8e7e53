/**
 * Clocks that are wrong, on whole nodes: C1 (back), C2 (far ahead), C3 (a peer ahead). Whatever a
 * clock says, nobody else's stamps move, and `clockRepair` ends it.
 */
import { expect, test } from 'vitest';
import { AdastraError, parseStamp } from '../../src/core/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { type PeerMachine, PeerWorld } from '../support/peer-world.ts';

const YEAR_MS = 365 * 24 * 3_600_000;

function wallOf(machine: PeerMachine): number {
  return machine.env.clock.wallMs();
}

function msOf(stamp: string): number {
  return parseStamp(stamp)?.ms ?? Number.NaN;
}

async function three(seed: number): Promise<{
  world: PeerWorld;
  machines: [PeerMachine, PeerMachine, PeerMachine];
  nodes: [Engine, Engine, Engine];
}> {
  const world = new PeerWorld(seed);
  const machines: [PeerMachine, PeerMachine, PeerMachine] = [
    world.machine(),
    world.machine(),
    world.machine(),
  ];
  const [shop, van, depot] = machines;
  const first = await world.open(shop);
  const second = await world.join(shop, van);
  const third = await world.join(shop, depot);
  expect(await world.converge()).toBe(true);
  return { world, machines, nodes: [first, second, third] };
}

/** Whether all of these nodes have this value. */
async function have(nodes: readonly Engine[], key: string, value: unknown): Promise<boolean> {
  for (const node of nodes) if ((await node.get(key)) !== value) return false;
  return true;
}

test('C1: a clock that jumps back: stamps go on, others take everything', async () => {
  const { world, machines, nodes } = await three(1);
  const [shop, van] = nodes;
  const before = await world.settled(van.put('k', 1));
  machines[1].env.clock.jumpWall(-YEAR_MS);
  const after = await world.settled(van.put('k', 2));
  expect(msOf(after.stamp)).toBe(msOf(before.stamp));
  // Timeouts are told by the monotonic clock: the link stays, and what is sent is acknowledged.
  await world.settled(van.whenAcknowledged(after, { by: 'all' }));
  expect(await world.converge()).toBe(true);
  expect(await have(nodes, 'k', 2)).toBe(true);
  expect((await shop.syncStateInfo()).held).toBe(0);
  // Also behind a restart: the last stamp is in the log.
  world.kill(machines[1]);
  machines[1].env.clock.jumpWall(-2 * YEAR_MS);
  const again = await world.open(machines[1]);
  const third = await world.settled(again.put('k', 3));
  expect(msOf(third.stamp)).toBe(msOf(before.stamp));
  expect(await world.converge()).toBe(true);
  expect(await have([shop, again], 'k', 3)).toBe(true);
  await world.close();
});

test('C2, C3: a clock a year ahead is told, held on both sides, poisons nothing, and is repaired', async () => {
  const { world, machines, nodes } = await three(2);
  const [shop, van, depot] = nodes;
  await world.settled(shop.put('price', 1));
  expect(await world.converge()).toBe(true);

  machines[1].env.clock.jumpWall(YEAR_MS);
  const ahead = await world.settled(van.put('price', 'from the future'));
  await world.settled(van.put('other', 'too'));
  expect(msOf(ahead.stamp)).toBeGreaterThan(wallOf(machines[0]) + YEAR_MS / 2);
  expect(world.logs.some((line) => line.includes('the clock has jumped ahead'))).toBe(true);
  await world.run(20_000);

  // Held where it came from a clock that is right, and told to its author, until when.
  const heldUntil = new Date(msOf(ahead.stamp) - 300_000).toISOString();
  for (const node of [shop, depot]) {
    expect((await node.syncStateInfo()).held).toBeGreaterThan(0);
    expect(await node.get('price')).toBe(1);
    const { held, verdict } = await node.syncWhy('price');
    expect(held[0]?.reason).toContain(`until ${heldUntil}`);
    expect(verdict).toContain('held here');
  }
  const told = await van.syncWhy('price');
  expect(told.commits[0]?.peers.map(({ state }) => state)).toEqual(['refused', 'refused']);
  expect(told.verdict).toContain('held: its stamp is');
  expect(told.verdict).toContain(`until ${heldUntil}`);
  const status = await world.settled(van.status());
  expect(status.peers.map(({ held }) => held)).toEqual([1, 1]);
  // Each side says of the other's clock that it differs, and the one ahead that its own may be.
  expect((await shop.syncStateInfo()).warnings.join('\n')).toContain('differs by 31536');
  const { warnings } = await van.syncStateInfo();
  expect(warnings.join('\n')).toContain('differs by -31536');
  expect(warnings.join('\n')).toContain('the clock has jumped ahead');

  expect(warnings.join('\n')).toContain(`it waits until ${heldUntil}`);

  // Other origins go on, with stamps of now; also to the node that is ahead.
  const present = await world.settled(shop.put('stock', 7));
  await world.settled(shop.whenAcknowledged(present, { by: 'all' }));
  expect(await have(nodes, 'stock', 7)).toBe(true);
  const later = await world.settled(depot.put('stock', 8));
  expect(Math.abs(msOf(later.stamp) - wallOf(machines[2]))).toBeLessThan(60_000);

  machines[1].env.clock.jumpWall(-YEAR_MS);
  const report = await world.settled(van.clockRepair());
  expect(report).toMatchObject({ reauthored: 2, deadLetters: 0, stampsFromMs: msOf(ahead.stamp) });
  expect(await world.converge()).toBe(true);
  expect(await have(nodes, 'price', 'from the future')).toBe(true);
  expect(await have(nodes, 'other', 'too')).toBe(true);
  await world.run(10_000);
  for (const node of nodes) {
    const entry = await node.getEntry('price');
    expect(entry?.siblings).toHaveLength(1);
    expect(Math.abs(msOf(entry?.stamps[0] as string) - wallOf(machines[0]))).toBeLessThan(600_000);
    const { held, warnings: left } = await node.syncStateInfo();
    expect(held).toBe(0);
    expect(left.filter((line) => line.includes('clock'))).toEqual([]);
  }
  await world.close();
});

test('a repair of a clock that is right changes nothing', async () => {
  const { world, nodes } = await three(3);
  const before = await world.settled(nodes[1].put('k', 1));
  expect(await world.settled(nodes[1].clockRepair())).toMatchObject({ reauthored: 0 });
  expect((await nodes[1].getEntry('k'))?.stamps).toEqual([before.stamp]);
  expect(await world.converge()).toBe(true);
  await world.close();
});

test('commits that some member has taken stay: the repair says so and changes nothing', async () => {
  const { world, machines, nodes } = await three(4);
  const [shop, van, depot] = nodes;
  // The van and the depot are ahead together, so the depot takes what the van writes.
  machines[1].env.clock.jumpWall(YEAR_MS);
  machines[2].env.clock.jumpWall(YEAR_MS);
  await world.settled(van.connect(`${machines[2].address}:4700`));
  const receipt = await world.settled(van.put('k', 'ahead'));
  await world.settled(
    van.whenAcknowledged(receipt, { by: [(await depot.nodeInfo()).fingerprint] }),
  );
  expect(await shop.get('k')).toBeUndefined();
  machines[1].env.clock.jumpWall(-YEAR_MS);
  machines[2].env.clock.jumpWall(-YEAR_MS);
  const code = await world.settled(van.clockRepair()).then(
    () => 'none',
    (error: unknown) => (AdastraError.is(error) ? error.code : String(error)),
  );
  expect(code).toBe('condition_failed');
  expect(await van.get('k')).toBe('ahead');
  // It goes on working; what it writes is behind its stamps, and the operator is told.
  await world.settled(van.put('k2', 1));
  expect((await van.syncStateInfo()).warnings.join('\n')).toMatch(
    /stamps of this node are 315\d+ s ahead of its clock: others hold what it writes until 2026-12/,
  );
  await world.run(5_000);
  expect(await depot.get('k2')).toBeUndefined();
  expect((await shop.syncStateInfo()).held).toBeGreaterThan(0);
  expect(await van.get('k2')).toBe(1);
  await world.close();
});

test('a hold ends by itself when the time has come', async () => {
  const { world, machines, nodes } = await three(5);
  const [shop, van] = nodes;
  const hour = 3_600_000;
  machines[1].env.clock.jumpWall(hour);
  await world.settled(van.put('k', 'early'));
  await world.run(hour / 2);
  expect(await shop.get('k')).toBeUndefined();
  machines[1].env.clock.jumpWall(-hour);
  expect(await world.converge(hour)).toBe(true);
  expect(await have(nodes, 'k', 'early')).toBe(true);
  await world.close();
});
