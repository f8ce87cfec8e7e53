/**
 * Keys and values: one, a range, how many, what was written to one.
 */
import { Type } from 'typebox';
import { type Range, valueOfJson } from '../../core/index.ts';
import type { NodeApi } from '../../engine/index.ts';
import { keyRoutes } from '../key-routes.ts';
import { historyPage } from '../paging/commit-pages.ts';
import { entryPage, type ReadRange } from '../paging/entry-pages.ts';
import { isPaged, PAGED } from '../paging/page.ts';
import { recordJson } from '../record-json.ts';
import { OF_KEYS, OF_WRITES } from '../route-errors.ts';
import { type Route, route } from '../route.ts';
import { HISTORY_ENTRY } from '../schemas/commits.ts';
import { ENTRY, ROW } from '../schemas/entries.ts';
import { pageOf } from '../schemas/pages.ts';
import { fields, FLAG, TEXT, VALUE, WHOLE } from '../schemas/shapes.ts';
import { KEY_CONDITIONS, RECEIPT, WRITE } from '../schemas/writes.ts';
import { notThere, type Serving } from '../serving.ts';
import { ndjson } from '../stream-response.ts';
import { putOptionsOf } from '../write-fields.ts';

const TAG = 'Entries';

const RANGE = fields({
  prefix: Type.Optional(TEXT),
  gt: Type.Optional(TEXT),
  gte: Type.Optional(TEXT),
  lt: Type.Optional(TEXT),
  lte: Type.Optional(TEXT),
  reverse: Type.Optional(FLAG),
  limit: Type.Optional(WHOLE),
  system: Type.Optional(FLAG),
});

const AT = { at: Type.Optional(WHOLE) };

/** `entries`, `entry`, `count` */
export const entryRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/entries',
    tag: TAG,
    summary: 'Keys and values of a range, in key order.',
    access: 'read',
    scope: 'range',
    query: fields({ ...RANGE.properties, ...AT, ...PAGED }),
    answers: [
      { type: 'ndjson', schema: ROW, failures: ['history_truncated', 'not_yet'] },
      { type: 'json', schema: pageOf('entries', ROW) },
    ],
    errors: ['history_truncated'],
    run: async ({ serving, context, query: { page, cursor, at, ...range } }) => {
      const wish = { page, cursor };
      const state = stateOf(serving, at);
      const read: ReadRange = (rest) => state.list(rest);
      if (isPaged(wish)) return entryPage(read, { range, wish, query: { ...range, at } });
      return ndjson(context, serving, () => rows(state, range));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/count',
    tag: TAG,
    summary: 'How many keys a range has.',
    access: 'read',
    scope: 'range',
    query: fields({ ...RANGE.properties, ...AT }),
    answers: [{ type: 'json', schema: fields({ count: WHOLE }) }],
    errors: ['history_truncated'],
    run: async ({ serving, query: { at, ...range } }) => ({
      count: await stateOf(serving, at).count(range),
    }),
  }),
  ...keyRoutes({
    nouns: ['entries', 'entry'],
    method: 'GET',
    tag: TAG,
    summary: 'What a key holds, with every sibling.',
    access: 'read',
    scope: 'key',
    query: fields(AT),
    answers: [{ type: 'json', schema: ENTRY }],
    errors: ['not_found', 'history_truncated', ...OF_KEYS],
    run: async ({ serving, key, query: { at } }) => {
      const entry = await stateOf(serving, at).getEntry(key);
      if (entry === undefined) throw notThere('value under this key');
      return { key, ...recordJson(entry) };
    },
  }),
  ...keyRoutes({
    nouns: ['entries', 'entry'],
    method: 'PUT',
    tag: TAG,
    summary: 'Sets a key to a value.',
    access: 'write',
    scope: 'key',
    body: fields({ value: VALUE, ...KEY_CONDITIONS, ...WRITE }),
    answers: [{ type: 'json', schema: RECEIPT }],
    errors: ['reserved_key', ...OF_KEYS, ...OF_WRITES],
    run: async (call) => {
      const value = valueOfJson(call.body.value);
      return call.serving.node.put(call.key, value, putOptionsOf(call));
    },
  }),
  ...keyRoutes({
    nouns: ['entries', 'entry'],
    method: 'DELETE',
    tag: TAG,
    summary: 'Removes a key.',
    access: 'write',
    scope: 'key',
    body: fields({ ...KEY_CONDITIONS, ...WRITE }),
    answers: [{ type: 'json', schema: RECEIPT }],
    errors: ['reserved_key', ...OF_KEYS, ...OF_WRITES],
    run: async (call) => call.serving.node.remove(call.key, putOptionsOf(call)),
  }),
  ...keyRoutes({
    nouns: ['entries', 'entry'],
    suffix: '/history',
    method: 'GET',
    tag: TAG,
    summary: 'What was written to a key, newest first, as far back as the log goes.',
    access: 'read',
    scope: 'key',
    query: fields({ limit: Type.Optional(WHOLE), upTo: Type.Optional(WHOLE), ...PAGED }),
    answers: [
      { type: 'ndjson', schema: HISTORY_ENTRY, failures: OF_KEYS },
      { type: 'json', schema: pageOf('history', HISTORY_ENTRY) },
    ],
    errors: ['history_truncated', ...OF_KEYS],
    run: async ({ serving, context, key, query }) => {
      if (isPaged(query)) return historyPage(serving, key, query);
      return ndjson(context, serving, async function* (signal) {
        const { limit, upTo } = query;
        const writes = serving.node.history(key, { limit, upTo, signal });
        for await (const write of writes) yield recordJson(write);
      });
    },
  }),
];

type State = Pick<NodeApi, 'getEntry' | 'count' | 'list'>;

/** The present one, or the one behind commit `at`. */
function stateOf({ node }: Serving, at: number | undefined): State {
  return at === undefined ? node : node.at(at);
}

async function* rows(state: State, range: Range): AsyncGenerator<object, void, undefined> {
  for await (const [key, value] of state.list(range)) yield recordJson({ key, value });
}
