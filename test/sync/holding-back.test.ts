import { expect, test, vi } from 'vitest';
import * as facts from '../../src/sync/bundle-facts.ts';
import { DRIFT_MS, fingerprintOf } from './fake-host.ts';
import { Network } from './network.ts';

vi.mock('../../src/sync/bundle-facts.ts', { spy: true });

const HOUR = 3_600_000;

/** Node 0 is an hour ahead and has written, node 1 has not; node 2 writes after it saw node 0. */
function skewed(): Network {
  const network = new Network({ nodes: 3, seed: 4 });
  network.node(0).skewMs = HOUR;
  network.connect(0, 1);
  network.connect(1, 2);
  network.run(100);
  network.write(0);
  network.write(0);
  network.write(2);
  network.run(5000);
  return network;
}

test('a stamp too far ahead is held, both sides show it, others go on, time ends it', () => {
  const network = skewed();
  const { host, engine } = network.node(1);
  const author = network.node(0);
  expect(host.vector().originSeqOf(author.host.origin)).toBe(0);
  expect(host.vector().originSeqOf(network.node(2).host.origin)).toBe(1);
  expect(engine.view.state(network.now(1)).held).toBe(1);
  const [hold] =
    engine.view.held().find(({ peer }) => peer === author.host.fingerprint)?.holds ?? [];
  expect(hold?.untilMs).toBeGreaterThan(network.now(1).wall);
  expect(author.engine.view.peer(host.fingerprint, network.now(0))).toMatchObject({
    acknowledgedSeq: 0,
    heldThere: 1,
    failures: 0,
  });
  const [place] = author.engine.view.why(author.host.origin, 1);
  expect(place).toMatchObject({ state: 'refused', reason: expect.stringContaining('ahead') });

  const sent = author.sent.length;
  network.run(HOUR / 2);
  expect(author.sent.slice(sent).filter(({ message }) => message.kind === 'bundles')).toEqual([]);
  expect(host.vector().originSeqOf(author.host.origin)).toBe(0);
  network.run(HOUR / 2 - DRIFT_MS);
  expect(host.vector().originSeqOf(author.host.origin)).toBe(2);
  expect(network.node(2).host.vector().originSeqOf(author.host.origin)).toBe(2);
  expect(engine.view.state(network.now(1)).held).toBe(0);
  expect(network.breaches).toEqual([]);
});

test('what has seen a held bundle is held with it', () => {
  const network = new Network({ nodes: 3, seed: 4 });
  network.node(0).skewMs = HOUR;
  network.node(2).skewMs = HOUR;
  network.connect(0, 2);
  network.run(100);
  network.write(0);
  network.run(2000);
  network.write(2);
  network.run(2000);
  network.connect(1, 2);
  network.run(5000);
  expect(network.node(1).host.log).toEqual([]);
  network.run(HOUR);
  expect(network.node(1).host.log).toHaveLength(2);
});

test('a check that is left out lets the stamp in: the tests above would see it', () => {
  vi.mocked(facts.greatestStamp).mockReturnValue({ ms: 0 });
  const network = skewed();
  vi.mocked(facts.greatestStamp).mockRestore();
  expect(network.node(1).host.vector().originSeqOf(network.node(0).host.origin)).toBe(2);
});

test.each(['malformed', 'unsigned', 'refused'] as const)(
  'what is %s is refused once for each link, others go on, and a re-drive tries again',
  (kind) => {
    const network = new Network({ nodes: 2, seed: 4 });
    const [author, other] = [network.node(0), network.node(1)];
    const bad = author.host.origin;
    other.host.refuses = (origin) => (origin === bad ? { kind, reason: 'so' } : undefined);
    network.connectAll();
    network.write(0);
    network.run(5000);
    const frames = () => author.sent.filter(({ message }) => message.kind === 'bundles').length;
    expect(frames()).toBe(1);
    expect(author.engine.view.deadLetters()).toMatchObject([
      { origin: bad, originSeq: 1, reportedBy: other.host.fingerprint },
    ]);
    network.run(HOUR);
    network.write(1);
    network.write(0);
    network.run(HOUR);
    expect(frames()).toBe(1);
    expect(author.host.log).toHaveLength(3);
    other.host.refuses = undefined;
    expect(author.engine.redrive(undefined, network.now(0))).toBe(true);
    network.work(0);
    network.run(5000);
    expect(other.host.vector().equals(author.host.vector())).toBe(true);
    const [letter] = author.engine.view.deadLetters();
    expect(author.engine.settleDeadLetter(letter?.id ?? '')).toBe(true);
    expect(author.engine.view.deadLetters()).toEqual([]);
    expect(network.breaches).toEqual([]);
  },
);

test('what a node cannot take now is asked for again with a back-off, not in a loop', () => {
  const network = new Network({ nodes: 2, seed: 4 });
  const [author, other] = [network.node(0), network.node(1)];
  other.host.refuses = () => ({ kind: 'deferred', reason: 'disk full' });
  network.connectAll();
  network.write(0);
  network.run(HOUR);
  const frames = author.sent.filter(({ message }) => message.kind === 'bundles').length;
  expect(frames).toBeGreaterThan(20);
  expect(frames).toBeLessThan(400);
  other.host.refuses = undefined;
  network.run(2 * 60_000);
  expect(other.host.vector().equals(author.host.vector())).toBe(true);
});

test('a frame that waits for what never comes is not asked for in a loop', () => {
  const network = new Network({ nodes: 2, seed: 4 });
  const [author, other] = [network.node(0), network.node(1)];
  const missing = [{ origin: `${fingerprintOf(5)}.${'0'.repeat(32)}`, originSeq: 3 }];
  other.host.refuses = () => ({ kind: 'waiting', missing });
  network.connectAll();
  network.write(0);
  network.run(HOUR);
  const frames = author.sent.filter(({ message }) => message.kind === 'bundles').length;
  expect(frames).toBeLessThan(400);
  expect(other.engine.view.state(network.now(1)).held).toBe(1);
});

test('a fork freezes the origin on both sides until it is decided', () => {
  const network = new Network({ nodes: 2, seed: 4 });
  const [author, other] = [network.node(0), network.node(1)];
  // Two directories that were one: the same name, other bytes.
  author.host.author(1, network.now(0).wall, 3);
  author.host.flush();
  const twin = new Network({ nodes: 1, seed: 1 }).node(0).host;
  twin.author(1, network.now(0).wall, 9);
  other.host.admit(twin.log[0]?.bundle as Uint8Array);
  other.host.flush();
  network.connectAll();
  network.write(0);
  network.write(1);
  network.run(60_000);
  for (const { engine, alarms } of network.nodes) {
    expect(alarms.filter(({ alarm }) => alarm === 'fork')).toHaveLength(1);
    expect(engine.view.forks()).toMatchObject([{ origin: author.host.origin, originSeq: 1 }]);
  }
  expect(other.host.vector().originSeqOf(author.host.origin)).toBe(1);
  expect(other.engine.view.state(network.now(1)).frozenOrigins).toEqual([author.host.origin]);
});

test('an origin that was thawed goes on', () => {
  const network = new Network({ nodes: 2, seed: 4 });
  const [author, other] = [network.node(0), network.node(1)];
  const { origin } = author.host;
  other.host.refuses = () => ({ kind: 'fork', origin, originSeq: 1 });
  network.connectAll();
  network.write(0);
  network.run(60_000);
  expect(other.host.log).toEqual([]);
  other.host.refuses = undefined;
  network.run(60_000);
  expect(other.host.log).toEqual([]);
  other.engine.unfreeze(origin, network.now(1));
  network.work(1);
  author.engine.redrive(undefined, network.now(0));
  network.work(0);
  network.run(60_000);
  expect(other.host.vector().equals(author.host.vector())).toBe(true);
});
