/**
 * The contract of joining: one attempt per stream, a typed answer, few attempts.
 */
import { AdastraError, bytesOfHex } from '../core/index.ts';
import { type JoinReply, joinVia } from '../transport/index.ts';
import { check, checkEqual, checkRejects } from './contract-case.ts';
import { patternBytes, sampleVector } from './peer-messages.ts';
import {
  type ContractNode,
  contractNode,
  replyOf,
  settled,
  startedAt,
  type TransportUnderTest,
} from './transport-world.ts';

const REQUEST = {
  inviteId: patternBytes(16),
  secret: patternBytes(32),
  nodeId: 'laptop',
  listening: undefined,
};

function join(inviter: ContractNode, joiner: ContractNode, port: number): Promise<JoinReply> {
  return joinVia({
    env: joiner.env,
    identity: joiner.identity,
    host: inviter.host,
    port,
    expectedKeyId: bytesOfHex(inviter.fingerprint) as Uint8Array,
    request: REQUEST,
  });
}

export const joinCases: readonly {
  readonly name: string;
  run(world: TransportUnderTest): Promise<void>;
}[] = [
  {
    name: 'join: the inviter sees the request and the key, the joiner gets the reply',
    run: async (world) => {
      const asked: unknown[] = [];
      const joiner = contractNode(world.first);
      const inviter: ContractNode = contractNode(world.second, {
        judge: () => 'not_a_member',
        onJoin: async (request, peer) => {
          asked.push(request.nodeId, [...request.inviteId], [...request.secret], peer.fingerprint);
          return replyOf(peer.fingerprint, sampleVector(20_000));
        },
      });
      const { port } = await settled(world, startedAt(inviter));
      const reply = await settled(world, join(inviter, joiner, port));
      const { inviteId, secret } = REQUEST;
      const expected = ['laptop', [...inviteId], [...secret], joiner.fingerprint];
      checkEqual(asked, expected, 'what the inviter sees');
      const { vector, ...rest } = reply;
      const { vector: sent, ...should } = replyOf(joiner.fingerprint, sampleVector(20_000));
      checkEqual(rest, should, 'what the joiner gets');
      check(vector.equals(sent), 'vector');
      await settled(world, inviter.transport.stop());
    },
  },
  {
    name: 'join: refusals carry their code; too many attempts are refused',
    run: async (world) => {
      const joiner = contractNode(world.first);
      const inviter = contractNode(world.second, {
        limits: { joinsPerAddressMax: 2 },
        onJoin: async () => new AdastraError('not_found', 'there is no such invitation'),
      });
      const { port } = await settled(world, startedAt(inviter));
      const tryOnce = () => settled(world, join(inviter, joiner, port));
      await checkRejects('not_found', tryOnce());
      await checkRejects('not_found', tryOnce());
      await checkRejects('peer_refused', tryOnce());
      checkEqual(inviter.transport.status().refused, { not_found: 2, too_many_joins: 1 }, 'count');
      const other = contractNode(world.second);
      const elsewhere = await settled(world, startedAt(other));
      await checkRejects('peer_unproven', settled(world, join(inviter, joiner, elsewhere.port)));
      await checkRejects('peer_refused', settled(world, join(other, joiner, elsewhere.port)));
      await settled(world, inviter.transport.stop());
      await settled(world, other.transport.stop());
    },
  },
];
