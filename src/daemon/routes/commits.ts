/**
 * Commits: made of operations, checked, taken back, listed from the log.
 */
import { Type } from 'typebox';
import { type OperationCall, valueOfJson } from '../../core/index.ts';
import { commitPage } from '../paging/commit-pages.ts';
import { isPaged, PAGED } from '../paging/page.ts';
import { recordJson } from '../record-json.ts';
import { OF_KEYS, OF_WRITES } from '../route-errors.ts';
import { type Route, route } from '../route.ts';
import { COMMIT, PREFLIGHT_REPORT } from '../schemas/commits.ts';
import { pageOf } from '../schemas/pages.ts';
import { fields, TEXT, VALUE, WHOLE } from '../schemas/shapes.ts';
import { COMMITTED, RECEIPT, WRITE } from '../schemas/writes.ts';
import { notThere, seqOf } from '../serving.ts';
import { ndjson } from '../stream-response.ts';
import { COMMIT_WISH, CommitFilter } from '../streaming/commit-filter.ts';
import { writeOptionsOf } from '../write-fields.ts';

const TAG = 'Commits';

const OPERATION = fields({ op: TEXT, args: Type.Optional(VALUE) }, 'Operation');
const REQUEST = fields({ operations: Type.Array(OPERATION), ...WRITE });

/** `commit`, `preflight`, `commits`, `receipts` */
export const commitRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/commit',
    tag: TAG,
    summary: 'Commits operations, all or none of them.',
    access: 'write',
    scope: 'write',
    body: REQUEST,
    answers: [{ type: 'json', schema: COMMITTED }],
    errors: [
      'operation_unknown',
      'operation_invalid',
      'operation_failed',
      'reserved_key',
      ...OF_KEYS,
      ...OF_WRITES,
    ],
    run: async (call) => {
      const operations = call.body.operations.map(operationOf);
      const receipt = await call.serving.node.commit({ ...writeOptionsOf(call), operations });
      return { ...receipt, outcome: 'committed' };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/preflight',
    tag: TAG,
    summary: 'What a commit would do, without doing it.',
    access: 'write',
    scope: 'write',
    body: REQUEST,
    answers: [{ type: 'json', schema: PREFLIGHT_REPORT }],
    errors: ['read_only', 'invalid_value'],
    run: async (call) => {
      const operations = call.body.operations.map(operationOf);
      return call.serving.node.preflight({ ...writeOptionsOf(call), operations });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/commits/{seq}/revert',
    tag: TAG,
    summary: 'Takes a commit back by a new one.',
    access: 'write',
    scope: 'write',
    body: fields({ ...WRITE, reason: TEXT }),
    answers: [{ type: 'json', schema: RECEIPT }],
    errors: ['revert_refused', 'reserved_key', 'not_found', 'history_truncated', ...OF_WRITES],
    run: async (call) => {
      const seq = seqOf(call.params['seq']);
      const { reason } = call.body;
      return call.serving.node.revert(seq, { ...writeOptionsOf(call), reason });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/receipts/{commandId}',
    tag: TAG,
    summary: 'The receipt of a command that committed here.',
    access: 'read',
    scope: 'any',
    answers: [{ type: 'json', schema: RECEIPT }],
    errors: ['not_found'],
    run: async ({ serving, params }) => {
      const receipt = await serving.node.receiptOf(params['commandId'] as string);
      if (receipt === undefined) throw notThere('receipt of this command');
      return receipt;
    },
  }),
  route({
    method: 'GET',
    path: '/v1/commits',
    tag: TAG,
    summary: 'Commits of the log from a seq up to its head.',
    access: 'read',
    scope: 'commits',
    query: fields({ from: Type.Optional(WHOLE), ...COMMIT_WISH, ...PAGED }),
    answers: [
      { type: 'ndjson', schema: COMMIT, failures: ['history_truncated'] },
      { type: 'json', schema: pageOf('commits', COMMIT) },
    ],
    errors: ['history_truncated', 'reset'],
    run: async ({ serving, context, caller, query: { from, page, cursor, ...wish } }) => {
      const filter = new CommitFilter(wish, caller);
      if (isPaged({ page, cursor })) return commitPage(serving, { from, page, cursor }, filter);
      return ndjson(context, serving, async function* (signal) {
        const commits = serving.node.changes({ from, system: true, live: false, signal });
        for await (const commit of commits) {
          const shown = filter.show(commit);
          if (shown !== undefined) yield recordJson(shown);
        }
      });
    },
  }),
];

function operationOf({ op, args }: { op: string; args?: unknown }): OperationCall {
  return { op, args: args === undefined ? undefined : valueOfJson(args) };
}
