/**
 * Conflict policies by key prefix; the empty prefix is every key.
 */
import { Type } from 'typebox';
import { OF_LANE } from '../route-errors.ts';
import { type Route, route } from '../route.ts';
import { POLICY, POLICY_RULE } from '../schemas/conflicts.ts';
import { fields, TEXT, WHOLE } from '../schemas/shapes.ts';
import { RECEIPT } from '../schemas/writes.ts';

const TAG = 'Policies';

const RULE = fields({
  prefix: TEXT,
  policy: POLICY,
  name: Type.Optional(TEXT),
  version: Type.Optional(WHOLE),
});

/** `policies` */
export const policyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/policies',
    tag: TAG,
    summary: 'What decides conflicts, by prefix.',
    access: 'read',
    answers: [{ type: 'json', schema: fields({ policies: Type.Array(POLICY_RULE) }) }],
    run: async ({ serving }) => ({ policies: await serving.node.policies() }),
  }),
  route({
    method: 'PUT',
    path: '/v1/policies',
    tag: TAG,
    summary: 'Sets the policy of a prefix.',
    access: 'admin',
    body: RULE,
    answers: [{ type: 'json', schema: RECEIPT }],
    errors: OF_LANE,
    run: async ({ serving, body: { prefix, ...rule } }) => serving.node.setPolicy(prefix, rule),
  }),
  route({
    method: 'DELETE',
    path: '/v1/policies',
    tag: TAG,
    summary: 'Takes the policy of a prefix away.',
    access: 'admin',
    query: fields({ prefix: TEXT }),
    answers: [{ type: 'json', schema: RECEIPT }],
    errors: OF_LANE,
    run: async ({ serving, query }) => serving.node.setPolicy(query.prefix, undefined),
  }),
];
