/**
 * Who belongs to the world: invitations, members, what they may do, the end of a membership.
 */
import { Type } from 'typebox';
import { OF_LANE } from '../route-errors.ts';
import { type Route, route } from '../route.ts';
import { INVITATION, MEMBER, ROLE } from '../schemas/members.ts';
import { fields, FLAG, TEXT, TEXTS, WHOLE } from '../schemas/shapes.ts';
import { RECEIPT } from '../schemas/writes.ts';

const TAG = 'Members';

const INVITE = fields({
  role: Type.Optional(ROLE),
  scopes: Type.Optional(TEXTS),
  host: Type.Optional(TEXT),
  port: Type.Optional(WHOLE),
  expiresMs: Type.Optional(WHOLE),
});

const CHANGE = fields({
  role: Type.Optional(ROLE),
  scopes: Type.Optional(Type.Union([TEXTS, Type.Null()])),
});

/** `invite`, `members` */
export const memberRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/invite',
    tag: TAG,
    summary: 'Makes a code that lets one node in, once.',
    access: 'admin',
    body: INVITE,
    answers: [{ type: 'json', schema: INVITATION }],
    errors: ['invalid_options', 'unavailable', 'forbidden', 'joining', 'read_only'],
    run: async ({ serving, body }) => serving.node.invite(body),
  }),
  route({
    method: 'GET',
    path: '/v1/members',
    tag: TAG,
    summary: 'All members, those that have left too.',
    access: 'read',
    answers: [{ type: 'json', schema: fields({ members: Type.Array(MEMBER) }) }],
    errors: ['read_only'],
    run: async ({ serving }) => ({ members: await serving.node.members() }),
  }),
  route({
    method: 'PATCH',
    path: '/v1/members/{member}',
    tag: TAG,
    summary: 'Changes what a member may do.',
    access: 'admin',
    body: CHANGE,
    answers: [{ type: 'json', schema: RECEIPT }],
    errors: ['peer_unknown', 'peer_ambiguous', ...OF_LANE],
    run: async ({ serving, params, body }) =>
      serving.node.changeMember(params['member'] as string, body),
  }),
  route({
    method: 'POST',
    path: '/v1/members/{member}/close',
    tag: TAG,
    summary: 'Ends a membership: closing first, closed once the others have acknowledged it.',
    access: 'admin',
    body: fields({ force: Type.Optional(FLAG) }),
    answers: [{ type: 'json', schema: MEMBER }],
    errors: ['peer_unknown', 'peer_ambiguous', ...OF_LANE],
    run: async ({ serving, params, body }) =>
      serving.node.closeMember(params['member'] as string, body),
  }),
];
