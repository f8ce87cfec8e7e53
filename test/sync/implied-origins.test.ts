/**
 * A node that was opened anew names only its newest incarnation; nobody may send it back what that
 * implies, and nobody may keep from it what it does not.
 */
import { expect, test } from 'vitest';
import { type PeerMessage, Prng, Vector } from '../../src/core/index.ts';
import { SyncEngine } from '../../src/sync/index.ts';
import { FakeHost, fingerprintOf, membershipOf } from './fake-host.ts';
import { Network, START_MS } from './network.ts';

const PEER = fingerprintOf(1);
/** An incarnation of the peer that is nowhere to be seen. */
const UNSEEN = `${PEER}.${'e'.repeat(32)}`;

function commitsSentBy(network: Network, index: number): number {
  return network.node(index).engine.view.state(network.now(index)).counters.commitsSent;
}

test('a node that was opened anew gets nothing again that it has', () => {
  const network = new Network({ nodes: 2, seed: 5 });
  for (let bundle = 0; bundle < 50; bundle++) network.write(0, 4);
  network.connect(0, 1);
  network.run(10_000);
  for (let opening = 0; opening < 3; opening++) {
    network.crash(0);
    network.write(0);
    network.run(100);
    network.connect(0, 1);
    network.run(10_000);
  }
  expect(network.node(1).host.vector().equals(network.node(0).host.vector())).toBe(true);
  expect(commitsSentBy(network, 1)).toBe(0);
  expect(network.breaches).toEqual([]);
});

test('what others wrote meanwhile goes on to it at once', () => {
  const network = new Network({ nodes: 2, seed: 6 });
  network.write(0);
  network.connect(0, 1);
  network.run(10_000);
  network.crash(0);
  network.write(0);
  network.write(1, 3);
  network.run(100);
  network.connect(0, 1);
  network.run(1_000);
  expect(network.node(0).host.vector().equals(network.node(1).host.vector())).toBe(true);
  expect(commitsSentBy(network, 1)).toBe(3);
});

/** A node that has two bundles of its peer, linked with it while it names what nobody has seen. */
function inDoubt() {
  const membership = membershipOf(2);
  const peer = new FakeHost(1, membership);
  for (let bundle = 0; bundle < 2; bundle++) peer.author(1, START_MS);
  const host = new FakeHost(0, membership);
  for (const { bundle } of peer.log) host.admit(bundle);
  host.flush();
  const engine = new SyncEngine({ host, prng: new Prng(1), options: { ackTimeoutMs: 4000 } });
  const now = (mono: number) => ({ wall: START_MS + mono, mono });
  const vector = new Vector();
  vector.advance(UNSEEN, 1, new Uint8Array(32).fill(1));
  engine.linkUp(PEER, {}, now(0));
  const open: PeerMessage = {
    kind: 'open',
    vector,
    levelMin: 1,
    levelMax: 1,
    filter: 'all',
    stateHash: undefined,
    wallMs: START_MS,
  };
  engine.message(PEER, open, now(0));
  const sent = (): number =>
    engine
      .take()
      .flatMap((work) => (work.kind === 'send' && work.message.kind === 'bundles' ? [work] : []))
      .length;
  return { engine, now, sent };
}

test('doubt that does not end is ended: the peer is sent what it may lack', () => {
  const { engine, now, sent } = inDoubt();
  expect(sent()).toBe(0);
  expect(engine.nextTickMs(now(0))).toBeLessThanOrEqual(4000);
  engine.tick(now(3999));
  expect(sent()).toBe(0);
  engine.tick(now(4000));
  expect(sent()).toBe(1);
});

test('a doubtful link counts nothing as acknowledged that the peer did not name', () => {
  const { engine, now } = inDoubt();
  expect(engine.view.peer(PEER, now(0))?.acknowledgedSeq).toBe(0);
});
