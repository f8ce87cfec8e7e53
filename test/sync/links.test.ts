import { expect, test } from 'vitest';
import { type BundlesMessage, Prng, type PeerMessage, Vector } from '../../src/core/index.ts';
import { SyncEngine, type SyncOptions } from '../../src/sync/index.ts';
import { FakeHost, fingerprintOf, membershipOf } from './fake-host.ts';
import { Network, START_MS } from './network.ts';

const HOUR = 3_600_000;
const PEER = fingerprintOf(1);

/** One engine by hand; its peer is the test. */
class Desk {
  readonly membership = membershipOf(3);
  readonly host = new FakeHost(0, this.membership);
  readonly engine: SyncEngine;
  mono = 0;

  constructor(options: Partial<SyncOptions> = {}) {
    this.engine = new SyncEngine({ host: this.host, prng: new Prng(1), options });
  }

  get now() {
    return { wall: START_MS + this.mono, mono: this.mono };
  }

  write(valueBytes: number, bundles = 1): void {
    for (let index = 0; index < bundles; index++) this.host.author(1, this.now.wall, valueBytes);
    this.host.flush();
    this.engine.advanced(this.now);
  }

  open(message: Partial<Extract<PeerMessage, { kind: 'open' }>> = {}): void {
    this.engine.linkUp(PEER, {}, this.now);
    this.engine.message(PEER, { ...OPEN, ...message, wallMs: this.now.wall + 500 }, this.now);
  }

  ack(frame: number, parts: Partial<Extract<PeerMessage, { kind: 'ack' }>> = {}): void {
    this.engine.message(PEER, { ...ACK, frame, ...parts, wallMs: this.now.wall }, this.now);
  }

  /** Frames that were sent since the last look. */
  frames(): BundlesMessage[] {
    return this.engine
      .take()
      .flatMap((work) => (work.kind === 'send' ? [work.message] : []))
      .filter((message) => message.kind === 'bundles');
  }
}

const OPEN = {
  kind: 'open',
  vector: new Vector(),
  levelMin: 1,
  levelMax: 1,
  filter: 'all',
  stateHash: undefined,
  wallMs: 0,
} as const;

const ACK = {
  kind: 'ack',
  frame: 0,
  received: new Vector(),
  durable: new Vector(),
  stateHash: undefined,
  refusals: [],
  again: false,
  wallMs: 0,
} as const;

function bytesOf(frames: readonly BundlesMessage[]): number {
  return frames.flatMap(({ bundles }) => bundles).reduce((sum, { length }) => sum + length, 0);
}

test('the window holds so many bytes and frames, each frame so many', () => {
  const desk = new Desk({ frameBytes: 2000, windowBytes: 8000, windowFrames: 6 });
  desk.write(300, 100);
  desk.open();
  const frames = desk.frames();
  expect(bytesOf(frames)).toBeLessThanOrEqual(8000);
  expect(bytesOf(frames)).toBeGreaterThan(6000);
  for (const frame of frames) expect(bytesOf([frame])).toBeLessThanOrEqual(2000);
  desk.ack(0);
  expect(desk.frames()).toEqual([]);
  const durable = new Vector();
  const head = frames[0]?.heads.at(-1);
  durable.advance(desk.host.origin, head?.originSeq ?? 0, head?.digest as Uint8Array);
  desk.ack(1, { received: durable, durable });
  expect(desk.frames()).toHaveLength(1);
});

test('a bundle larger than the window goes alone', () => {
  const desk = new Desk({ frameBytes: 1000, windowBytes: 2000 });
  desk.write(10);
  desk.write(5000);
  desk.write(10);
  desk.open();
  expect(desk.frames().map(({ bundles }) => bundles.length)).toEqual([1]);
  const { origin } = desk.host;
  const upTo = (originSeq: number) => {
    const durable = new Vector();
    durable.advance(origin, originSeq, desk.host.digestAt(origin, originSeq) as Uint8Array);
    return { received: durable, durable };
  };
  desk.ack(1, upTo(1));
  expect(bytesOf(desk.frames())).toBeGreaterThan(5000);
  desk.ack(2, upTo(2));
  expect(desk.frames()).toHaveLength(1);
});

test('the acknowledged cursor goes by what is durable', () => {
  const desk = new Desk();
  desk.write(10, 3);
  desk.open();
  const received = desk.host.vector().copy();
  desk.ack(1, { received });
  expect(desk.engine.view.peer(PEER, desk.now)?.acknowledgedSeq).toBe(0);
  expect(desk.engine.view.why(desk.host.origin, 2)[0]).toMatchObject({ state: 'received' });
  desk.ack(1, { received, durable: received });
  expect(desk.engine.view.peer(PEER, desk.now)?.acknowledgedSeq).toBe(3);
  expect(desk.engine.view.why(desk.host.origin, 2)[0]).toMatchObject({ state: 'acknowledged' });
});

test('without an answer frames go again, later and later, without an end', () => {
  const desk = new Desk({ ackTimeoutMs: 1000, ackTimeoutMinMs: 1000 });
  desk.write(10);
  desk.open();
  expect(desk.frames()).toHaveLength(1);
  const sentAt: number[] = [];
  for (; desk.mono < 24 * HOUR; desk.mono += 1000) {
    desk.engine.tick(desk.now);
    if (desk.frames().length > 0) sentAt.push(desk.mono);
  }
  const lastHour = sentAt.filter((mono) => mono > 23 * HOUR).length;
  expect(lastHour).toBeGreaterThan(20);
  expect(lastHour).toBeLessThan(200);
  expect(desk.engine.view.peer(PEER, desk.now)?.failures).toBe(sentAt.length);
  const durable = desk.host.vector().copy();
  desk.ack(1, { received: durable, durable });
  expect(desk.engine.view.peer(PEER, desk.now)).toMatchObject({ failures: 0, commitsRemaining: 0 });
});

test('a congested link gets nothing and counts no timeout until it has drained', () => {
  const desk = new Desk();
  desk.open();
  desk.engine.congested(PEER);
  desk.write(10, 5);
  desk.mono += HOUR;
  expect(desk.engine.tick(desk.now).expired).toBe(0);
  expect(desk.frames()).toEqual([]);
  desk.engine.drained(PEER, desk.now);
  expect(desk.frames()).toHaveLength(1);
});

test('what is not at hand is asked for when the host says so, not before', () => {
  const desk = new Desk();
  desk.write(10);
  desk.host.later = true;
  desk.open();
  const { reads } = desk.host;
  for (let round = 0; round < 100; round++) desk.engine.tick(desk.now);
  expect(desk.host.reads).toBe(reads);
  desk.host.later = false;
  desk.engine.advanced(desk.now);
  expect(desk.frames()).toHaveLength(1);
});

test('an idle link costs nothing', () => {
  const network = new Network({ nodes: 3, seed: 9 });
  network.connectAll();
  network.write(0);
  network.run(60_000);
  const count = () => network.nodes.map(({ host, sent }) => [host.reads, host.starts, sent.length]);
  const before = count();
  network.run(24 * HOUR);
  expect(count()).toEqual(before);
  expect(network.node(0).engine.nextTickMs(network.now(0))).toBe(60_000);
});

test('an absent peer costs nothing, however much is written', () => {
  const desk = new Desk();
  desk.open();
  desk.engine.linkDown(PEER, 'gone', desk.now);
  const { reads } = desk.host;
  desk.write(10, 2000);
  for (let day = 0; day < 30; day++) {
    desk.mono += 24 * HOUR;
    desk.write(10);
    expect(desk.engine.tick(desk.now).batchSize).toBe(0);
  }
  expect(desk.host.reads).toBe(reads);
  expect(desk.engine.view.peer(PEER, desk.now)).toMatchObject({
    state: 'offline',
    framesInFlight: 0,
    failures: 0,
    commitsRemaining: 2030,
    lastError: 'gone',
  });
  desk.open();
  expect(desk.frames().flatMap(({ bundles }) => bundles)).toHaveLength(2030);
});

test('levels that have nothing in common: nothing is exchanged, and it is shown', () => {
  const desk = new Desk();
  desk.write(10);
  desk.open({ levelMin: 2, levelMax: 3 });
  const work = desk.engine.take();
  expect(work.filter((item) => item.kind === 'send').map(({ message }) => message.kind)).toEqual([
    'open',
  ]);
  expect(work).toContainEqual(expect.objectContaining({ alarm: 'upgrade_needed' }));
  expect(desk.engine.view.peer(PEER, desk.now)?.link).toBe('upgrade_needed');
});

test('strangers and closed members get no link; nothing is taken from a closing one', () => {
  const desk = new Desk();
  desk.engine.linkUp('ff'.repeat(16), {}, desk.now);
  expect(desk.engine.take()).toEqual([
    { kind: 'close', peer: 'ff'.repeat(16), reason: 'stranger' },
  ]);
  const other = new FakeHost(1, desk.membership);
  other.author(1, START_MS);
  const bundles = [other.log[0]?.bundle as Uint8Array];
  const role = 'write' as const;
  desk.membership.set(PEER, { fingerprint: PEER, role, state: 'closing' });
  desk.open();
  desk.engine.take();
  desk.engine.message(PEER, { kind: 'bundles', frame: 1, bundles, heads: [] }, desk.now);
  const work = desk.engine.take();
  expect(work.some(({ kind }) => kind === 'receive')).toBe(false);
  const [sent] = work.flatMap((item) => (item.kind === 'send' ? [item.message] : []));
  expect(sent).toMatchObject({ frame: 1, refusals: [{ kind: 'refused', origin: other.origin }] });
  desk.membership.set(PEER, { fingerprint: PEER, role, state: 'closed' });
  desk.engine.membersChanged(desk.now);
  expect(desk.engine.take()).toContainEqual({ kind: 'close', peer: PEER, reason: 'closed' });
  desk.engine.linkUp(PEER, {}, desk.now);
  expect(desk.engine.take()).toContainEqual({ kind: 'close', peer: PEER, reason: 'closed' });
});

test('frames that the lane has not decided are bounded; what is dropped is asked for again', () => {
  const desk = new Desk({ receiveBytes: 3000 });
  const other = new FakeHost(1, desk.membership);
  desk.open();
  desk.engine.take();
  const handed: number[] = [];
  let paused = 0;
  for (let frame = 1; frame <= 10; frame++) {
    other.author(1, START_MS, 1000);
    const bundles = [other.log.at(-1)?.bundle as Uint8Array];
    desk.engine.message(PEER, { kind: 'bundles', frame, bundles, heads: [] }, desk.now);
    for (const work of desk.engine.take()) {
      if (work.kind === 'receive') handed.push(work.frame);
      if (work.kind === 'pause') paused++;
    }
  }
  expect(handed).toHaveLength(2);
  for (const frame of handed) {
    const outcome = { kind: 'applied', commits: 1, voids: [] } as const;
    desk.engine.received(PEER, frame, [outcome], desk.now);
  }
  const acks = desk.engine
    .take()
    .flatMap((work) => (work.kind === 'send' && work.message.kind === 'ack' ? [work.message] : []));
  expect(acks.at(-1)).toMatchObject({ again: true });
  expect(paused).toBeLessThanOrEqual(1);
});

test('a frame of garbage ends the link; one that comes twice is acknowledged twice', () => {
  const desk = new Desk();
  desk.open();
  desk.engine.take();
  const frame = { kind: 'bundles', frame: 1, bundles: [], heads: [] } as const;
  for (let time = 0; time < 2; time++) {
    desk.engine.message(PEER, frame, desk.now);
    const kinds = desk.engine.take().map((work) => work.kind === 'send' && work.message.kind);
    expect(kinds).toContain('ack');
  }
  const bundles = [new Uint8Array([9, 9, 9])];
  desk.engine.message(PEER, { ...frame, frame: 2, bundles }, desk.now);
  expect(desk.engine.take()).toContainEqual({ kind: 'close', peer: PEER, reason: 'malformed' });
  expect(desk.engine.view.peer(PEER, desk.now)?.link).toBe('offline');
});

test('an outcome of an earlier link is not acknowledged on the new one', () => {
  const desk = new Desk();
  const other = new FakeHost(1, desk.membership);
  other.author(1, START_MS);
  const bundles = [other.log[0]?.bundle as Uint8Array];
  desk.open();
  desk.engine.message(PEER, { kind: 'bundles', frame: 1, bundles, heads: [] }, desk.now);
  const work = desk.engine.take().find(({ kind }) => kind === 'receive');
  desk.open();
  desk.engine.take();
  if (work?.kind !== 'receive') throw new Error('nothing was handed over');
  const outcome = { kind: 'applied', commits: 1, voids: [] } as const;
  desk.engine.received(PEER, work.frame, [outcome], desk.now);
  const ack = desk.engine
    .take()
    .flatMap((item) => (item.kind === 'send' && item.message.kind === 'ack' ? [item.message] : []));
  expect(ack.map(({ frame }) => frame)).toEqual([0]);
});

test('void commits of mine are dead letters, once, and stay acknowledged', () => {
  const desk = new Desk({ deadLettersMax: 2 });
  desk.write(10, 3);
  desk.open();
  const durable = desk.host.vector().copy();
  const { origin } = desk.host;
  const refusals = [1, 1, 2, 3].map(
    (originSeq) => ({ origin, originSeq, kind: 'void', reason: 'scope', untilMs: 0 }) as const,
  );
  desk.ack(1, { received: durable, durable, refusals });
  const state = desk.engine.view.state(desk.now);
  expect(desk.engine.view.deadLetters().map(({ id }) => id)).toEqual([
    `${origin}/1`,
    `${origin}/2`,
  ]);
  expect(state.warnings).toEqual(['1 dead letters did not fit the list']);
  expect(desk.engine.view.peer(PEER, desk.now)?.acknowledgedSeq).toBe(3);
});

test('the clock of the peer is shown against this one', () => {
  const desk = new Desk();
  desk.open();
  expect(desk.engine.view.peer(PEER, desk.now)?.clockOffsetMs).toBe(500);
});

test('a peer that has less than it had acknowledged is reported', () => {
  const desk = new Desk();
  desk.write(10, 2);
  desk.open({ vector: desk.host.vector().copy() });
  desk.engine.linkDown(PEER, 'gone', desk.now);
  desk.engine.take();
  desk.open();
  expect(desk.engine.take()).toContainEqual(expect.objectContaining({ alarm: 'rolled_back' }));
  expect(desk.engine.view.peer(PEER, desk.now)?.acknowledgedSeq).toBe(0);
});

test('what came from the one peer is not read again for it', () => {
  const network = new Network({ nodes: 2, seed: 3 });
  for (let bundle = 0; bundle < 50; bundle++) network.write(0, 4);
  network.run(100);
  network.connect(0, 1);
  network.run(10_000);
  const [writer, reader] = [network.node(0), network.node(1)];
  expect(reader.host.vector().equals(writer.host.vector())).toBe(true);
  expect(writer.host.reads).toBeGreaterThan(0);
  expect(reader.host.reads).toBe(0);
  const shown = reader.engine.view.peer(writer.host.fingerprint, network.now(1));
  expect(shown?.acknowledgedSeq).toBe(reader.host.durableSeq());
});

test('much is sent in steps, so that local work goes between them', () => {
  const desk = new Desk({ windowBytes: 4_000_000, windowFrames: 100 });
  desk.open();
  desk.frames();
  desk.write(100_000, 20);
  const steps: number[] = [];
  for (;;) {
    steps.push(desk.frames().flatMap(({ bundles }) => bundles).length);
    if (!desk.engine.view.isHungry) break;
    desk.engine.advanced(desk.now);
  }
  expect(Math.max(...steps)).toBeLessThanOrEqual(4);
  expect(steps.reduce((sum, bundles) => sum + bundles, 0)).toBe(20);
});
