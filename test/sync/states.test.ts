import { expect, test } from 'vitest';
import { Prng, type SnapshotOfferMessage, Vector } from '../../src/core/index.ts';
import { SyncEngine, type SyncWork } from '../../src/sync/index.ts';
import { FakeHost, fingerprintOf, membershipOf, statementSignature } from './fake-host.ts';
import { Network, START_MS } from './network.ts';

test('equal vectors and unequal states: both sides name the buckets, once', () => {
  const network = new Network({ nodes: 2, seed: 6 });
  network.connectAll();
  network.write(0);
  network.run(5000);
  network.node(1).host.corruption = 9;
  network.write(0);
  network.run(60_000);
  for (const { engine, alarms } of network.nodes) {
    const diverged = alarms.filter(({ alarm }) => alarm === 'diverged');
    expect(diverged.map(({ buckets }) => buckets)).toEqual([[7]]);
    expect(engine.view.state(network.now(0)).counters.hashMismatches).toBe(1);
  }
  const sent = network.nodes.map((node) => node.sent.length);
  network.run(3_600_000);
  expect(network.nodes.map((node) => node.sent.length)).toEqual(sent);
  network.node(1).host.corruption = 0;
  network.write(1);
  network.run(60_000);
  expect(network.node(0).engine.view.peers(network.now(0))[0]?.hashes).toBe('equal');
});

test('a snapshot counts as checked when a second member agrees, not the one it came from', () => {
  const network = new Network({ nodes: 3, seed: 6 });
  const node = network.node(2);
  node.engine = new SyncEngine({
    host: node.host,
    prng: new Prng(1),
    unchecked: { from: fingerprintOf(0) },
  });
  const state = () => node.engine.view.state(network.now(2)).snapshot?.state;
  network.connect(0, 2);
  network.write(0);
  network.run(10_000);
  expect(state()).toBe('unchecked');
  network.connect(1, 2);
  network.run(10_000);
  expect(state()).toBe('checked');
});

test('a statement only grows, is of a member, and is signed', () => {
  const membership = membershipOf(2);
  const host = new FakeHost(0, membership);
  const engine = new SyncEngine({ host, prng: new Prng(1) });
  const peer = fingerprintOf(1);
  const now = { wall: START_MS, mono: 0 };
  engine.linkUp(peer, {}, now);
  engine.message(
    peer,
    {
      kind: 'open',
      vector: new Vector(),
      levelMin: 1,
      levelMax: 1,
      filter: 'all',
      stateHash: undefined,
      wallMs: 0,
    },
    now,
  );
  const statement = (originSeq: number, fingerprint = peer, forged = false) => {
    const vector = new Vector();
    vector.advance(`${peer}.${'0'.repeat(32)}`, originSeq, new Uint8Array(32));
    const signature = forged ? new Uint8Array(32) : statementSignature(fingerprint, vector);
    return { fingerprint, timeMs: 0, vector, signature };
  };
  const stranger = 'ee'.repeat(16);
  const statements = [statement(5), statement(3), statement(9, peer, true), statement(2, stranger)];
  engine.message(peer, { kind: 'statements', statements }, now);
  expect(engine.view.statements()).toEqual([statements[0]]);
  membership.set(stranger, { fingerprint: stranger, role: 'read', state: 'member' });
  engine.membersChanged(now);
  expect(engine.view.statements()).toEqual([statements[0], statements[3]]);
});

const SNAPSHOT = new Uint8Array(10_000).map((_, at) => (at * 7) & 0xff);

/** Node 0 has let go of its log; node 1 is new. */
function truncated(role: 'admin' | 'write') {
  const membership = membershipOf(2);
  membership.set(fingerprintOf(0), { fingerprint: fingerprintOf(0), role, state: 'member' });
  const hosts = [new FakeHost(0, membership), new FakeHost(1, membership)] as const;
  hosts[0].author(3, START_MS);
  hosts[0].flush();
  hosts[0].truncate();
  const options = { chunkBytes: 700, snapshotWindowBytes: 2000 };
  const engines = hosts.map((host) => new SyncEngine({ host, prng: new Prng(1), options }));
  return { hosts, engines };
}

function offerOf(host: FakeHost): SnapshotOfferMessage {
  return {
    kind: 'snapshotOffer',
    id: 's1',
    fingerprint: host.fingerprint,
    byteLength: SNAPSHOT.length,
    digest: new Uint8Array(32),
    stateHash: new Uint8Array(32),
    vector: host.vector().copy(),
    signature: new Uint8Array([1]),
  };
}

/** Passes work to and fro; gives the bytes stored and whether it was installed. */
function transfer(world: ReturnType<typeof truncated>, stored: Uint8Array, stopAfter = Infinity) {
  const { hosts, engines } = world;
  const now = { wall: START_MS, mono: 0 };
  const found = { bytes: stored, installed: false, alarms: [] as string[], most: 0 };
  let ahead = 0;
  const doWork = (at: 0 | 1, work: SyncWork): void => {
    const [engine, other] = [engines[at], engines[1 - at]] as [SyncEngine, SyncEngine];
    if (work.kind === 'alarm') found.alarms.push(work.alarm);
    if (work.kind === 'install') found.installed = true;
    if (work.kind === 'send') other.message(hosts[at].fingerprint, work.message, now);
    if (work.kind === 'offer') engine.snapshotReady(work.peer, offerOf(hosts[at]));
    if (work.kind === 'readSnapshot') {
      const { id, offset, bytesMax } = work;
      ahead = Math.max(ahead, offset + bytesMax);
      found.most = Math.max(found.most, ahead - found.bytes.length);
      const bytes = SNAPSHOT.slice(offset, offset + bytesMax);
      engine.snapshotChunk(work.peer, { id, offset, bytes });
    }
    if (work.kind === 'storeSnapshot' && found.bytes.length < stopAfter) {
      expect(work.offset).toBe(found.bytes.length);
      found.bytes = new Uint8Array([...found.bytes, ...work.bytes]);
      engine.snapshotStored(work.id, found.bytes.length, now);
    }
  };
  engines.forEach((engine, at) => engine.linkUp(fingerprintOf(1 - at), {}, now));
  for (let round = 0; round < 200; round++) {
    for (const at of [0, 1] as const)
      for (const work of engines[at]?.take() ?? []) doWork(at, work);
  }
  return found;
}

test('below the floor an admin serves a snapshot, in a window, and a broken one goes on', () => {
  const world = truncated('admin');
  const half = transfer(world, new Uint8Array(0), 4000);
  expect(half.installed).toBe(false);
  expect(half.most).toBeLessThanOrEqual(2000);
  const now = { wall: START_MS, mono: 0 };
  world.engines.forEach((engine, at) => engine.linkDown(fingerprintOf(1 - at), 'cut', now));
  world.hosts[1].snapshotHere = half.bytes.length;
  const whole = transfer(world, half.bytes);
  expect(whole.installed).toBe(true);
  expect(whole.bytes).toEqual(SNAPSHOT);
});

test('a member of another role says that it cannot serve; its offer is not taken', () => {
  const world = truncated('write');
  const found = transfer(world, new Uint8Array(0));
  expect(found).toMatchObject({ installed: false, alarms: ['snapshot_unavailable'] });
  const [serving, needing] = world.engines;
  const now = { wall: START_MS, mono: 0 };
  expect(needing?.view.peer(fingerprintOf(0), now)?.lastError).toMatch(/no longer reaches down/);
  expect(serving?.view.why(world.hosts[0].origin, 1)[0]?.reason).toMatch(/snapshot/);
  needing?.message(fingerprintOf(0), offerOf(world.hosts[0]), now);
  expect(needing?.take()).toEqual([]);
});

test('a snapshot whose bytes were wrong is not taken from that member again', () => {
  const world = truncated('admin');
  expect(transfer(world, new Uint8Array(0)).installed).toBe(true);
  const [, needing] = world.engines;
  const now = { wall: START_MS, mono: 0 };
  needing?.snapshotFailed('s1', now);
  needing?.take();
  needing?.message(fingerprintOf(0), offerOf(world.hosts[0]), now);
  expect(needing?.take().filter(({ kind }) => kind === 'send')).toEqual([]);
});

test('a hash that is not at hand at once is compared when it is', () => {
  const network = new Network({ nodes: 2, seed: 6 });
  const { host } = network.node(0);
  let asked = 0;
  const real = host.stateHash.bind(host);
  host.stateHash = () => (++asked > 6 ? real() : undefined);
  network.connectAll();
  network.write(0);
  network.run(5000);
  expect(network.node(1).engine.view.peers(network.now(1))[0]?.hashes).toBe('unknown');
  network.run(120_000);
  for (const { engine } of network.nodes) {
    expect(engine.view.peers(network.now(0))[0]?.hashes).toBe('equal');
  }
});
