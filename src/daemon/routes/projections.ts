/**
 * Questions to projections, and how projections stand. What a projection holds is made of all keys:
 * a caller whose token is limited to prefixes gets nothing of it.
 */
import { Type } from 'typebox';
import { AdastraError, valueOfJson } from '../../core/index.ts';
import type { Caller } from '../caller.ts';
import { recordJson } from '../record-json.ts';
import { type Route, route } from '../route.ts';
import { PROJECTION_STATUS } from '../schemas/projections.ts';
import { fields, TEXT, VALUE, WHOLE } from '../schemas/shapes.ts';

const TAG = 'Projections';

/** `query`, `projections` */
export const projectionRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/query/{projection}',
    tag: TAG,
    summary: 'Asks a projection; the answer shows commit `seq` and all before it.',
    access: 'read',
    query: fields({ query: TEXT, args: Type.Optional(TEXT) }),
    answers: [
      { type: 'json', schema: fields({ value: Type.Optional(VALUE), seq: WHOLE }, 'QueryAnswer') },
    ],
    errors: ['projection_unknown', 'projection_failed', 'invalid_value'],
    run: async ({ serving, caller, params, query: { query, args } }) => {
      checkUnlimited(caller);
      const given = args === undefined ? undefined : valueOfJson(jsonIn(args));
      return recordJson(await serving.node.query(params['projection'] as string, query, given));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/projections',
    tag: TAG,
    summary: 'How each projection stands.',
    access: 'read',
    answers: [{ type: 'json', schema: fields({ projections: Type.Array(PROJECTION_STATUS) }) }],
    run: async ({ serving, caller }) => {
      // What one says of its error can hold anything that it was given.
      checkUnlimited(caller);
      return { projections: await serving.node.projections() };
    },
  }),
];

function checkUnlimited({ prefixes }: Caller): void {
  if (prefixes === undefined) return;
  throw new AdastraError('forbidden', 'projections are made of all keys, this token of some', {
    hint: 'ask with a token without prefixes',
    details: { prefixes },
  });
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new AdastraError('invalid_argument', `args is not JSON: ${(error as Error).message}`, {
      details: { field: 'args' },
    });
  }
}
