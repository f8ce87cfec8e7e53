/**
 * Conflicts: those there are, one of them, the end of one, and the journal of those that ended.
 */
import { Type } from 'typebox';
import { AdastraError, valueOfJson } from '../../core/index.ts';
import type { Resolution } from '../../engine/index.ts';
import { keyRoutes } from '../key-routes.ts';
import { recordJson } from '../record-json.ts';
import { OF_KEYS, OF_WRITES } from '../route-errors.ts';
import { type Route, route } from '../route.ts';
import { CONFLICT, DECIDED_CONFLICT } from '../schemas/conflicts.ts';
import { fields, FLAG, TEXT, VALUE, WHOLE } from '../schemas/shapes.ts';
import { RECEIPT, WRITE } from '../schemas/writes.ts';
import { notThere } from '../serving.ts';
import { ndjson } from '../stream-response.ts';
import { writeOptionsOf } from '../write-fields.ts';

const TAG = 'Conflicts';

const WHICH = fields({ prefix: Type.Optional(TEXT), limit: Type.Optional(WHOLE) });

const RESOLUTION = {
  stamp: Type.Optional(TEXT),
  value: Type.Optional(VALUE),
  remove: Type.Optional(FLAG),
};

/** `conflicts`, `conflict`, `journal` */
export const conflictRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/conflicts',
    tag: TAG,
    summary: 'Keys whose siblings differ.',
    access: 'read',
    scope: 'range',
    query: WHICH,
    answers: [{ type: 'ndjson', schema: CONFLICT }],
    run: async ({ serving, context, query }) =>
      ndjson(context, serving, () => records(serving.node.conflicts(query))),
  }),
  route({
    method: 'GET',
    path: '/v1/journal',
    tag: TAG,
    summary: 'Conflicts that a later write ended, newest first.',
    access: 'read',
    scope: 'range',
    query: WHICH,
    answers: [{ type: 'ndjson', schema: DECIDED_CONFLICT }],
    run: async ({ serving, context, query }) =>
      ndjson(context, serving, () => records(serving.node.decidedConflicts(query))),
  }),
  ...keyRoutes({
    nouns: ['conflicts', 'conflict'],
    method: 'GET',
    tag: TAG,
    summary: 'The conflict under a key.',
    access: 'read',
    scope: 'key',
    answers: [{ type: 'json', schema: CONFLICT }],
    errors: ['not_found', ...OF_KEYS],
    run: async ({ serving, key }) => {
      const conflict = await serving.node.conflict(key);
      if (conflict === undefined) throw notThere('conflict under this key');
      return recordJson(conflict);
    },
  }),
  ...keyRoutes({
    nouns: ['conflicts', 'conflict'],
    suffix: '/resolve',
    method: 'POST',
    tag: TAG,
    summary: 'Ends a conflict: by one of its siblings, another value, or a removal.',
    access: 'write',
    scope: 'key',
    body: fields({ ...RESOLUTION, ...WRITE }),
    answers: [{ type: 'json', schema: RECEIPT }],
    errors: ['not_found', ...OF_KEYS, ...OF_WRITES],
    run: async (call) => {
      const resolution = resolutionOf(call.body);
      return call.serving.node.resolveConflict(call.key, resolution, writeOptionsOf(call));
    },
  }),
];

interface Given {
  readonly stamp?: string;
  readonly value?: unknown;
  readonly remove?: boolean;
}

function resolutionOf(body: Given): Resolution {
  const given = ['stamp', 'value', 'remove'].filter((name) => Object.hasOwn(body, name));
  if (given.length !== 1) {
    throw new AdastraError('invalid_argument', 'a resolution has one of stamp, value and remove');
  }
  if (body.stamp !== undefined) return { stamp: body.stamp };
  if (given[0] === 'value') return { value: valueOfJson(body.value) };
  if (body.remove === true) return { remove: true };
  throw new AdastraError('invalid_argument', '"remove" can only be true');
}

async function* records(source: AsyncIterable<object>): AsyncGenerator<object, void, undefined> {
  for await (const record of source) yield recordJson(record);
}
