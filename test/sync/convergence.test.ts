import { afterEach, expect, test, vi } from 'vitest';
import { Prng } from '../../src/core/index.ts';
import { figure } from '../support/long.ts';
import { Outbox } from '../../src/sync/outbox.ts';
import { PeerVectors } from '../../src/sync/peer-vectors.ts';
import { SendWindow } from '../../src/sync/send-window.ts';
import { ToldVectors } from '../../src/sync/told-vectors.ts';
import { FakeHost } from './fake-host.ts';
import { Network } from './network.ts';

const frontier = vi.hoisted(() => ({ ignoresLast: false }));
vi.mock('../../src/sync/stable-frontier.ts', async (original) => {
  const real = await original<typeof import('../../src/sync/stable-frontier.ts')>();
  const stableFrontier: typeof real.stableFrontier = (parts) =>
    real.stableFrontier(
      frontier.ignoresLast ? { ...parts, members: parts.members.slice(0, -1) } : parts,
    );
  return { ...real, stableFrontier };
});

afterEach(() => {
  vi.restoreAllMocks();
  frontier.ignoresLast = false;
});

const SMALL = { frameBytes: 600, windowBytes: 2400, windowFrames: 4, receiveBytes: 3000 };

/** A random schedule, then time to heal; gives what was wrong. */
function story(seed: number, steps = 40): string[] {
  const random = new Prng(seed);
  const nodes = 3 + random.below(3);
  const network = new Network({ nodes, seed: seed + 1, sync: SMALL });
  for (let index = 1; index < nodes; index++) network.connect(random.below(index), index);
  for (let step = 0; step < steps; step++) {
    const one = random.below(nodes);
    const other = (one + 1 + random.below(nodes - 1)) % nodes;
    const roll = random.float();
    if (roll < 0.55) network.write(one, 1 + random.below(3), random.below(400));
    else if (roll < 0.7) network.cut(one, other);
    else if (roll < 0.9) network.connect(one, other);
    else if (roll < 0.95) network.crash(one);
    network.run(random.below(120));
  }
  for (let index = 0; index < nodes; index++) network.write(index);
  network.connectAll();
  network.run(120_000);
  return [...network.breaches, ...disagreements(network)];
}

function disagreements(network: Network): string[] {
  const found: string[] = [];
  const [first] = network.nodes;
  network.nodes.forEach(({ host, engine, alarms }, index) => {
    if (first?.host.vector().equals(host.vector()) !== true) found.push(`${index}: other vector`);
    for (const { detail } of alarms) found.push(`${index}: ${detail}`);
    for (const peer of engine.view.peers(network.now(index))) {
      if (peer.hashes !== 'equal') found.push(`${index}: hashes ${peer.hashes}`);
      if (peer.acknowledgedSeq !== host.durableSeq()) found.push(`${index}: not acknowledged`);
    }
    if (engine.view.state(network.now(index)).stableSeq !== host.durableSeq()) {
      found.push(`${index}: not stable`);
    }
  });
  return found;
}

function stories(count: number, from = 1000): string[] {
  const found: string[] = [];
  for (let seed = from; seed < from + count * 10 && found.length === 0; seed += 10) {
    found.push(...story(seed).map((what) => `seed ${seed}: ${what}`));
  }
  return found;
}

test('3 to 5 nodes converge whatever the schedule, and every step keeps the rules', () => {
  expect(stories(figure({ short: 60, long: 3000 }))).toEqual([]);
});

test('a story told twice is the same story', () => {
  const told = [1, 2].map(() => {
    const network = new Network({ nodes: 3, seed: 5, sync: SMALL });
    network.connectAll();
    for (let round = 0; round < 10; round++) {
      network.write(round % 3, 2, 100);
      network.run(50);
    }
    return JSON.stringify(network.nodes.map(({ sent }) => sent));
  });
  expect(told[0]).toBe(told[1]);
});

const MUTANT_STORIES = 60;

test('a cursor that goes by what is received, not durable, is caught', () => {
  const merge = PeerVectors.prototype.merge;
  vi.spyOn(PeerVectors.prototype, 'merge').mockImplementation(function (
    this: PeerVectors,
    received,
  ) {
    return merge.call(this, received, received);
  });
  expect(stories(MUTANT_STORIES).join()).toMatch(/INV-10/);
});

test('an ack before durable is caught', () => {
  const changes = ToldVectors.prototype.changes;
  vi.spyOn(ToldVectors.prototype, 'changes').mockImplementation(function (
    this: ToldVectors,
    received,
  ) {
    return changes.call(this, received, received);
  });
  expect(stories(MUTANT_STORIES).join()).toMatch(/calls durable what is not/);
});

test('sending what is not durable yet is caught', () => {
  vi.spyOn(FakeHost.prototype, 'durableSeq').mockImplementation(function (this: FakeHost) {
    return this.headSeq();
  });
  const network = new Network({ nodes: 2, seed: 1 });
  network.connectAll();
  network.run(200);
  vi.spyOn(network.prng, 'chance').mockReturnValue(false);
  network.node(0).host.author(1, network.now(0).wall);
  const durable = network.node(0).host.vector().size;
  vi.spyOn(FakeHost.prototype, 'vector').mockImplementation(function (this: FakeHost) {
    return this.receivedVector();
  });
  network.node(0).engine.advanced(network.now(0));
  const sent = network.node(0).engine.take();
  expect(durable).toBe(0);
  // The breach that the network looks for in every story.
  expect(sent.some((work) => work.kind === 'send' && work.message.kind === 'bundles')).toBe(true);
});

test('a window that is never full is caught', () => {
  vi.spyOn(SendWindow.prototype, 'room', 'get').mockReturnValue(1_000_000);
  expect(stories(MUTANT_STORIES).join()).toMatch(/window was exceeded/);
});

test('giving up after some attempts is caught', () => {
  const tick = Outbox.prototype.tick;
  vi.spyOn(Outbox.prototype, 'tick').mockImplementation(function (this: Outbox, now) {
    const expired = tick.call(this, now);
    if (this.failures >= 3) this.close();
    return expired;
  });
  expect(silence().join()).toMatch(/other vector/);
});

test('a peer that is silent for long misses nothing', () => {
  expect(silence()).toEqual([]);
});

/** The lane of node 1 loses every frame for an hour, then works again. */
function silence(): string[] {
  const network = new Network({ nodes: 2, seed: 3 });
  network.connectAll();
  network.run(200);
  const { engine } = network.node(1);
  const take = engine.take.bind(engine);
  const spy = vi.spyOn(engine, 'take').mockImplementation(() => take().filter(isNoFrame));
  network.write(0, 3);
  network.run(3_600_000);
  const shown = network.node(0).engine.view.state(network.now(0)).failed;
  spy.mockRestore();
  network.run(3_600_000);
  const missing = disagreements(network).filter((what) => what.includes('other vector'));
  return shown === 1 ? [...network.breaches, ...missing] : ['it is not shown', ...missing];
}

function isNoFrame(work: { kind: string }): boolean {
  return work.kind !== 'receive';
}

/** Two nodes go on while the third is away: what they collect by. */
function absence(): { breaches: string[]; collected: number } {
  const network = new Network({ nodes: 3, seed: 8 });
  network.connectAll();
  for (let index = 0; index < 3; index++) network.write(index);
  network.run(30_000);
  network.cut(0, 2);
  network.cut(1, 2);
  const before = network.node(0).collects.length;
  for (let round = 0; round < 10; round++) {
    network.write(round % 2);
    network.run(10_000);
  }
  const collected = network.node(0).collects.length - before;
  return { breaches: network.breaches, collected };
}

test('the frontier waits for every member, and goes on when it is back', () => {
  expect(absence()).toEqual({ breaches: [], collected: 0 });
});

test('a frontier that passes over a member is caught', () => {
  frontier.ignoresLast = true;
  expect(absence().breaches.join()).toMatch(/frontier is above/);
});
