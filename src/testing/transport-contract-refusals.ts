/**
 * The contract of what transport turns away: strangers, other worlds, garbage, the silent, and
 * starts that cannot be. Each is typed and counted, and nothing else is touched by it.
 */
import { patternBytes, bundlesOf } from './peer-messages.ts';
import { checkEqual, checkRejects } from './contract-case.ts';
import {
  type ContractNode,
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

async function rawStream(world: TransportUnderTest, to: ContractNode, from: ContractNode) {
  const port = to.transport.status().address?.port ?? 0;
  const limits = { messageBytesMax: 1 << 20, handshakeMs: 5000, streamsMax: 8 };
  return settled(
    world,
    from.env.streams.connect({
      host: to.host,
      port,
      path: '/peer',
      identity: from.identity,
      limits: { ...limits, streamsPerAddressMax: 8 },
    }),
  );
}

/** Cases about refusals. */
export const refusalCases: readonly TransportCase[] = [
  {
    name: 'a stranger is refused, on either side, and counted',
    run: async (world) => {
      const a = contractNode(world.first);
      const b = contractNode(world.second, { judge: () => 'not_a_member' });
      const target = targetOf(await settled(world, startedAt(b)));
      const toB = checkRejects('peer_refused', a.transport.connectOnce(target));
      await settled(world, toB);
      checkEqual(b.transport.status().refused, { not_a_member: 1 }, 'refused at B');
      const own = targetOf(await settled(world, startedAt(a)));
      await settled(world, checkRejects('peer_refused', b.transport.connectOnce(own)));
      checkEqual(a.told.links.length + b.told.links.length, 0, 'no link');
      await stopAll(world, a, b);
    },
  },
  {
    name: 'another world, another key than expected, nobody there, itself: each typed',
    run: async (world) => {
      const a = contractNode(world.first);
      const b = contractNode(world.second, { worldId: 'cd'.repeat(16) });
      const target = targetOf(await settled(world, startedAt(b)));
      const connect = (options: { readonly fingerprint?: string }, at = target) =>
        a.transport.connectOnce(at, options);
      await settled(world, checkRejects('world_mismatch', connect({})));
      checkEqual(a.transport.status().refused['world_mismatch'] !== undefined, true, 'counted');
      const fingerprint = '0'.repeat(32);
      await settled(world, checkRejects('peer_unproven', connect({ fingerprint })));
      await stopAll(world, b);
      await settled(world, checkRejects('peer_unreachable', connect({})));
      const own = targetOf(await settled(world, startedAt(a)));
      await settled(world, checkRejects('peer_refused', connect({}, own)));
      await stopAll(world, a);
    },
  },
  {
    name: 'garbage ends its own stream only',
    run: async (world) => {
      const { a, b, ab } = await pairOf(world);
      const c = contractNode(world.first);
      for (const bytes of [patternBytes(3), patternBytes(200), new Uint8Array(0)]) {
        const before = b.told.refused.length;
        const stream = await rawStream(world, b, c);
        let closed = false;
        const onClose = (): void => {
          closed = true;
        };
        stream.attach({ onMessage: () => {}, onDrain: () => {}, onClose });
        stream.send(bytes);
        await reach(world, 'closed', () => closed);
        checkEqual(b.told.refused.slice(before), ['malformed'], 'reason');
      }
      ab.send(bundlesOf(10));
      await reach(world, 'the link goes on', () => b.told.messages.length === 1);
      await stopAll(world, a, b);
    },
  },
  {
    name: 'one that connects and says nothing is cut off at the deadline',
    run: async (world) => {
      const b = contractNode(world.second, { limits: { handshakeMs: 300 } });
      const c = contractNode(world.first);
      await settled(world, startedAt(b));
      const stream = await rawStream(world, b, c);
      stream.attach({ onMessage: () => {}, onDrain: () => {}, onClose: () => {} });
      await reach(world, 'cut off', () => b.told.refused.includes('handshake_timeout'));
      await stopAll(world, b);
    },
  },
  {
    name: 'start: port in use, invalid port, invalid host; it stays usable',
    run: async (world) => {
      const a = contractNode(world.first);
      const b = contractNode(world.first);
      const { host, port } = await settled(world, startedAt(b));
      const start = (at: { host: string; port: number }) => settled(world, a.transport.start(at));
      await checkRejects('port_in_use', start({ host, port }));
      await checkRejects('invalid_port', start({ host, port: 65_536 }));
      await checkRejects('invalid_host', start({ host: 'not a host', port: 0 }));
      await checkRejects('invalid_host', start({ host: '203.0.113.7', port: 0 }));
      checkEqual(a.transport.status().state, 'off', 'off');
      const link = await settled(world, a.transport.connectOnce(targetOf({ host, port })));
      checkEqual(link.fingerprint, b.fingerprint, 'it dials');
      checkEqual((await start({ host, port: 0 })).port > 0, true, 'it starts');
      await checkRejects('already_exists', start({ host, port: 0 }));
      await stopAll(world, a, b);
    },
  },
];
