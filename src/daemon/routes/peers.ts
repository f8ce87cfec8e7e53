/**
 * Links to other nodes: those there are, one more, one less.
 */
import { Type } from 'typebox';
import { type Route, route } from '../route.ts';
import { PEER } from '../schemas/peers.ts';
import { EMPTY, fields, TEXT, WHOLE } from '../schemas/shapes.ts';
import { signalOf } from '../serving.ts';

/** `peers`, `connect` */
export const peerRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/peers',
    tag: 'Peers',
    summary: 'The other members, and how the links to them stand.',
    access: 'read',
    answers: [{ type: 'json', schema: fields({ peers: Type.Array(PEER) }) }],
    errors: ['read_only'],
    run: async ({ serving }) => ({ peers: await serving.node.peers() }),
  }),
  route({
    method: 'POST',
    path: '/v1/connect',
    tag: 'Peers',
    summary: 'Connects to a member; answers when the link is up.',
    access: 'admin',
    body: fields({ target: TEXT, timeoutMs: Type.Optional(WHOLE) }),
    answers: [{ type: 'json', schema: PEER }],
    errors: [
      'read_only',
      'peer_unknown',
      'peer_ambiguous',
      'peer_unreachable',
      'peer_refused',
      'timeout',
    ],
    run: async ({ serving, context, body: { target, timeoutMs } }) => {
      const signal = signalOf(context);
      return serving.node.connect(target, { signal, timeoutMs });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/peers/{member}/disconnect',
    tag: 'Peers',
    summary: 'Ends the link to a member until the next connect.',
    access: 'admin',
    answers: [{ type: 'json', schema: EMPTY }],
    errors: ['read_only', 'peer_unknown', 'peer_ambiguous'],
    run: async ({ serving, params }) => {
      await serving.node.disconnect(params['member'] as string);
      return {};
    },
  }),
];
