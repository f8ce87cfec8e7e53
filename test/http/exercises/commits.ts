/** Commits, made and read. */
import type { NodeApi } from '../../../src/engine/index.ts';
import type { Asked, Exercises } from '../exercise.ts';

const PUT = { op: 'put', args: { key: 'c', value: 1 } };
const LONG = 'k'.repeat(2000);
const COMMIT = {
  operations: [PUT, { op: 'test/sell', args: 1 }],
  actor: 'ada',
  metadata: { a: 1 },
};

/** Makes commit after commit of one key; the last two share it, so that the first is covered. */
async function made(node: NodeApi): Promise<void> {
  await node.put('c', 0);
  await node.put('other', 1, { commandId: 'taken' });
}

/** Takes the last commit back, or one before it. */
function revert(more: object, before = 0): Asked {
  return ({ head }) => ({
    params: { seq: String(head - before) },
    body: { reason: 'asked', ...more },
  });
}

export const commitExercises: Exercises = {
  'POST /v1/commit': {
    before: made,
    good: { body: COMMIT },
    refused: {
      operation_unknown: { body: { operations: [{ op: 'unheard' }] } },
      operation_invalid: { body: { operations: [PUT, { op: 'test/sell', args: 'two' }] } },
      operation_failed: { body: { operations: [PUT, { op: 'test/sell', args: 13 }] } },
      reserved_key: { body: { operations: [{ op: 'put', args: { key: '$mine', value: 1 } }] } },
      invalid_key: { body: { operations: [{ op: 'remove', args: { key: LONG } }] } },
      invalid_value: { body: { ...COMMIT, metadata: { $date: 'no day' } } },
      condition_failed: { body: { operations: [PUT], ifSeq: 0 } },
      command_mismatch: { body: { operations: [PUT], commandId: 'taken' } },
      invalid_options: { body: { operations: [PUT], commandId: '' } },
    },
    odd: [
      { body: { operations: [] } },
      { body: { operations: [{ op: 'put' }] } },
      { body: { operations: [{ op: 'put', args: { $date: 'no day' } }] } },
    ],
  },
  'POST /v1/preflight': {
    before: made,
    good: { body: COMMIT },
    refused: { invalid_value: { body: { operations: [{ op: 'put', args: { $date: 'no' } }] } } },
    odd: [
      { body: { operations: [{ op: 'unheard' }, { op: 'test/sell', args: 13 }, PUT] } },
      { body: { operations: [] } },
      { body: { operations: [PUT], ifSeq: 0 } },
      { body: { operations: [PUT], commandId: 'taken' } },
    ],
  },
  'POST /v1/commits/{seq}/revert': {
    before: async (node) => {
      await made(node);
      await node.put('last', Math.random());
      await node.put('last', Math.random());
    },
    good: revert({}),
    refused: {
      revert_refused: revert({}, 1),
      reserved_key: { params: { seq: '1' }, body: { reason: 'asked' } },
      invalid_options: revert({ commandId: '' }),
      not_found: { params: { seq: '999999' }, body: { reason: 'asked' } },
      invalid_value: revert({ metadata: { $date: 'no day' } }),
      condition_failed: revert({ ifSeq: 0 }),
      command_mismatch: revert({ commandId: 'taken' }),
    },
    odd: [
      { params: { seq: 'one' }, body: { reason: 'asked' } },
      { params: { seq: '0' }, body: { reason: 'asked' } },
      revert({ reason: '' }),
    ],
  },
  'GET /v1/receipts/{commandId}': {
    before: made,
    good: { params: { commandId: 'taken' } },
    refused: { not_found: { params: { commandId: 'unheard' } } },
    odd: [{ params: { commandId: '' } }],
  },
  'GET /v1/commits': {
    before: made,
    good: { query: 'from=1&system=true&page=2' },
    streamed: { query: 'from=1&system=true' },
    planted: ['reset'],
    odd: [
      { query: 'from=0' },
      { query: 'from=999999' },
      { query: 'from=1&kind=remove' },
      { query: 'cursor=x' },
    ],
  },
  'GET /v1/stream': {
    before: made,
    good: { query: 'from=1', until: 'event: commit' },
    refused: {
      reset: { headers: { 'last-event-id': '1.0123456789abcdef' } },
      history_truncated: { headers: { 'last-event-id': '1.ffffffffffffffff' } },
    },
    odd: [
      { headers: { 'last-event-id': '1' } },
      { query: 'kind=all' },
      { query: 'from=1&prefix=$&kind=put&system=true', until: 'event: commit' },
      { query: 'operation=put', until: 'event: fresh' },
    ],
  },
};
