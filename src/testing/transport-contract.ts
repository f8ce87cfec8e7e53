/**
 * What transport promises, tried over two machines: links and their messages, large messages,
 * back-pressure, what is refused, ends in good order and in bad, reconnecting, and joining. Runs
 * over the memory network in virtual time and over real sockets with TLS.
 */
import { hexOf, Vector } from '../core/index.ts';
import type { Stream } from '../env/index.ts';
import type { Link } from '../transport/index.ts';
import { check, checkEqual, type ContractCase } from './contract-case.ts';
import { bundlesOf, patternBytes, SAMPLE_MESSAGES } from './peer-messages.ts';
import { joinCases } from './transport-contract-join.ts';
import { refusalCases } from './transport-contract-refusals.ts';
import {
  contractNode,
  pairOf,
  reach,
  settled,
  startedAt,
  stopAll,
  targetOf,
  type TransportCase,
  type TransportUnderTest,
} from './transport-world.ts';

export type { TransportUnderTest } from './transport-world.ts';

/** Text that is equal for equal messages; bytes as hex, whatever class they are of. */
function plain(value: unknown): string {
  if (value instanceof Uint8Array) return hexOf(value);
  if (value instanceof Vector) return hexOf(value.encode());
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return fields.map(([name, field]) => `${name}=(${plain(field)})`).join(' ');
}

const linkCases: readonly TransportCase[] = [
  {
    name: 'a link: both sides know each other, where they listen, how far their clocks are',
    run: async (world) => {
      const { a, b, ab, ba } = await pairOf(world);
      checkEqual([ab.fingerprint, ba.fingerprint], [b.fingerprint, a.fingerprint], 'who it is');
      checkEqual([ab.direction, ba.direction], ['out', 'in'], 'direction');
      checkEqual(ab.metadata.nodeId, b.fingerprint.slice(0, 4), 'metadata');
      checkEqual(ab.listening?.port, b.transport.status().address?.port, 'where B listens');
      checkEqual(ba.listening, undefined, 'A does not listen');
      checkEqual([ab.version, ba.version], [1, 1], 'version');
      await reach(world, 'a ping is answered', () => ab.roundTripMs !== undefined);
      const theirs = b.env.clock.wallMs() - a.env.clock.wallMs();
      check(Math.abs((ab.clockOffsetMs ?? 1e9) - theirs) < 1000, 'clock offset');
      checkEqual([a.transport.status().links, b.transport.status().links], [1, 1], 'links');
      check(a.transport.status().bytesOut > 0 && b.transport.status().bytesIn > 0, 'bytes');
      await stopAll(world, a, b);
    },
  },
  {
    name: 'every kind of message arrives as it was sent, both ways, in order',
    run: async (world) => {
      const { a, b, ab, ba } = await pairOf(world);
      for (const message of SAMPLE_MESSAGES) {
        ab.send(message);
        ba.send(message);
      }
      const count = SAMPLE_MESSAGES.length;
      await reach(world, 'all at B', () => b.told.messages.length === count);
      await reach(world, 'all at A', () => a.told.messages.length === count);
      for (const [at, message] of SAMPLE_MESSAGES.entries()) {
        check(plain(b.told.messages[at]) === plain(message), `${message.kind} at B`);
        check(plain(a.told.messages[at]) === plain(message), `${message.kind} at A`);
      }
      await stopAll(world, a, b);
    },
  },
  {
    name: 'a large message goes in pieces and arrives whole',
    run: async (world) => {
      const { a, b, ab } = await pairOf(world);
      ab.send(bundlesOf(9_000_001));
      ab.send(bundlesOf(10, 2));
      await reach(world, 'both arrive', () => b.told.messages.length === 2);
      const [large] = b.told.messages;
      check(large?.kind === 'bundles', 'bundles');
      const same = patternBytes(9_000_001).every((byte, at) => byte === large.bundles[0]?.[at]);
      check(same, 'the same bytes');
      await stopAll(world, a, b);
    },
  },
];

const loadCases: readonly TransportCase[] = [
  {
    name: 'back-pressure: one that does not read makes a link congested, then drains it',
    run: async (world) => {
      const { a, b, ab, ba } = await pairOf(world);
      ba.pause();
      let sent = 0;
      await reach(world, 'congested', () => {
        for (let few = 0; few < 8 && !ab.congested; few++) ab.send(bundlesOf(200_000, ++sent));
        return ab.congested;
      });
      checkEqual(a.told.drains, 0, 'not drained yet');
      ba.resume();
      await reach(world, 'drained', () => a.told.drains > 0);
      check(!ab.congested, 'no longer congested');
      await reach(world, 'all arrive', () => b.told.messages.length === sent);
      const frames = b.told.messages.map((message) => message.kind === 'bundles' && message.frame);
      checkEqual(
        frames,
        frames.map((_, at) => at + 1),
        'in order',
      );
      await stopAll(world, a, b);
    },
  },
  {
    name: 'a slow node is cut off, and no other link is touched',
    run: async (world) => {
      const limits = { bundlesBytesMax: 1 << 20, vectorBytesMax: 1 << 20, chunkBytesMax: 1 << 20 };
      const tight = { ...limits, bufferedBytesHigh: 1 << 20, bufferedBytesMax: 3 << 20 };
      const { a, b, ab, ba } = await pairOf(world, { limits: tight });
      const c = contractNode(world.second, { limits: tight });
      const ac = await settled(
        world,
        a.transport.connectOnce(targetOf(await settled(world, startedAt(c)))),
      );
      ba.pause();
      await reach(world, 'cut off', () => {
        if (a.told.downs.length === 0) ab.send(bundlesOf(500_000));
        check(ab.bufferedBytes <= 4 << 20, 'what waits is bounded');
        return a.told.downs.length > 0;
      });
      checkEqual(a.told.downs[0]?.reason, 'slow', 'reason');
      checkEqual(a.transport.status().refused['slow'], 1, 'counted');
      ac.send(bundlesOf(10));
      await reach(world, 'the other goes on', () => c.told.messages.length === 1);
      await stopAll(world, a, b, c);
    },
  },
];

const endCases: readonly TransportCase[] = [
  {
    name: 'goodbye: the other side knows that it stopped, and it can start again',
    run: async (world) => {
      const { a, b, ab } = await pairOf(world);
      await stopAll(world, b);
      await reach(world, 'down at A', () => a.told.downs.length === 1);
      checkEqual([a.told.downs[0]?.by, a.told.downs[0]?.reason], ['remote', 'stopping'], 'why');
      checkEqual(b.told.downs.length, 1, 'down at B');
      ab.send(bundlesOf(10));
      checkEqual(b.told.messages.length, 0, 'nothing is sent on a link that is down');
      const address = await settled(world, startedAt(b));
      await settled(world, a.transport.connectOnce(targetOf(address)));
      await stopAll(world, a, b);
    },
  },
  {
    name: 'a link that is cut comes back by itself, a target that is dropped does not',
    run: async (world) => {
      const a = contractNode(world.first, { limits: { backoffMinMs: 50 } });
      const b = contractNode(world.second);
      const address = await settled(world, startedAt(b));
      a.transport.keep(b.fingerprint, [targetOf(address)]);
      await reach(world, 'linked', () => a.told.links.length === 1);
      checkEqual(a.transport.targets()[0]?.state, 'connected', 'state');
      for (const stream of a.streams) stream.destroy('cut by the test');
      await reach(world, 'linked again', () => a.told.links.length === 2);
      await reach(world, 'at B too', () => b.transport.status().links === 1);
      checkEqual(a.told.downs[0]?.by, 'stream', 'by the network');
      a.transport.drop(b.fingerprint);
      (a.streams.at(-1) as Stream).destroy('cut by the test');
      await reach(world, 'down', () => a.told.downs.length === 2);
      checkEqual(a.transport.targets(), [], 'no target');
      await stopAll(world, a, b);
    },
  },
  {
    name: 'two nodes that dial each other settle on one link, the same on both sides',
    run: async (world) => {
      const a = contractNode(world.first);
      const b = contractNode(world.second);
      const atA = await settled(world, startedAt(a));
      const atB = await settled(world, startedAt(b));
      a.transport.keep(b.fingerprint, [targetOf(atB)]);
      b.transport.keep(a.fingerprint, [targetOf(atA)]);
      await reach(world, 'linked', () =>
        [a, b].every(({ transport }) => transport.status().links === 1),
      );
      let isQuiet = false;
      a.env.timers.after(500, () => {
        isQuiet = true;
      });
      await reach(world, 'time passes', () => isQuiet);
      const directions = [a, b].map(({ transport }) => transport.links()[0]?.direction);
      checkEqual(new Set(directions).size, 2, 'one link, seen from both ends');
      checkEqual([a.told.duplicates, b.told.duplicates], [[], []], 'no copied key');
      checkEqual(a.told.links.length - a.told.downs.length, 1, 'ups and downs');
      (a.transport.links()[0] as Link).send(bundlesOf(10));
      await reach(world, 'it works', () => b.told.messages.length === 1);
      await stopAll(world, a, b);
    },
  },
];

/** All cases, over the machines that `make` makes. */
export function transportContract(make: () => Promise<TransportUnderTest>): ContractCase[] {
  const cases = [...linkCases, ...loadCases, ...refusalCases, ...endCases, ...joinCases];
  return cases.map(({ name, run }) => ({ name, run: () => runIn(make, run) }));
}

async function runIn(
  make: () => Promise<TransportUnderTest>,
  run: TransportCase['run'],
): Promise<void> {
  const world = await make();
  try {
    await run(world);
  } finally {
    await world.cleanup();
  }
}
