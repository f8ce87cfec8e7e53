/** Sync, conflicts, policies. What succeeds does so on test/support/fake-peer.ts. */
import type { Exercises } from '../exercise.ts';

const RECEIPT = { seq: 1, origin: `${'a'.repeat(32)}.${'b'.repeat(32)}` };
const BRANCH = { originSeq: 1, digest: 'f'.repeat(64) };
const LONG = 'k'.repeat(2000);
const RULE = { prefix: 'p/', policy: 'manual' };
const RESOLVED = { stamp: 's1' };
const BAD_VALUE = { value: { $date: 'no day' } };

export const syncExercises: Exercises = {
  'GET /v1/sync': { good: {} },
  'GET /v1/sync/outbox': { good: {} },
  'GET /v1/sync/why': {
    good: { query: 'subject=%231' },
    odd: [
      { query: 'subject=%23999999' },
      { query: 'subject=' },
      { query: 'subject=k' },
      { query: 'subject=a.b/1' },
    ],
  },
  'POST /v1/sync/tick': { good: { body: { prune: true } } },
  'GET /v1/sync/forks': { good: {} },
  'POST /v1/sync/forks/{origin}/keep': {
    before: (node) => node.keepBranch(RECEIPT.origin, BRANCH).catch(() => {}),
    good: { params: { origin: 'a.b' }, body: { originSeq: 3, digest: 'ff' } },
    refused: {
      invalid_options: { params: { origin: 'a.b' }, body: { digest: 'ff' } },
      already_exists: { params: { origin: RECEIPT.origin }, body: BRANCH },
    },
  },
  'POST /v1/sync/clock-repair': { good: { body: {} } },
  'GET /v1/sync/dead-letters': { good: {} },
  'POST /v1/sync/dead-letters/{id}/retry': {
    good: { params: { id: 'd/1' }, body: {} },
    refused: { not_found: { params: { id: 'unheard' }, body: {} } },
    odd: [{ params: { id: 'd/1' }, body: { drop: true } }],
  },
  'POST /v1/sync/acknowledged': {
    good: { body: { receipt: RECEIPT, by: 'all', timeoutMs: 1 } },
    refused: { peer_unknown: { body: { receipt: RECEIPT, by: ['nobody'], timeoutMs: 1 } } },
    odd: [{ body: { receipt: { seq: 0, origin: '' }, timeoutMs: 1 } }],
  },
  'POST /v1/sync/stable': {
    good: { body: { receipt: RECEIPT, timeoutMs: 1 } },
    odd: [{ body: { receipt: { seq: 999_999, origin: 'a.b' }, timeoutMs: 1 } }],
  },
  'GET /v1/conflicts': { good: { query: 'limit=5' }, odd: [{ query: `prefix=${LONG}` }] },
  'GET /v1/journal': { good: { query: 'prefix=u&limit=5' }, odd: [{ query: `prefix=${LONG}` }] },
  'GET /v1/conflicts/{key}': {
    good: { params: { key: 'user:1' } },
    refused: { not_found: { params: { key: 'a' } }, invalid_key: { params: { key: LONG } } },
  },
  'GET /v1/conflict': {
    good: { query: 'key=user:1' },
    refused: { not_found: { query: 'key=a' }, invalid_key: { query: `key=${LONG}` } },
  },
  'POST /v1/conflicts/{key}/resolve': {
    good: { params: { key: 'user:1' }, body: RESOLVED },
    refused: {
      not_found: { params: { key: 'a' }, body: RESOLVED },
      invalid_key: { params: { key: LONG }, body: RESOLVED },
      invalid_value: { params: { key: 'a' }, body: BAD_VALUE },
      invalid_options: { params: { key: 'a' }, body: { ...RESOLVED, commandId: '' } },
    },
    planted: ['condition_failed', 'command_mismatch'],
    odd: [
      { params: { key: 'a' }, body: {} },
      { params: { key: 'a' }, body: { remove: false } },
    ],
  },
  'POST /v1/conflict/resolve': {
    good: { query: 'key=user:1', body: { remove: true } },
    refused: {
      not_found: { query: 'key=a', body: RESOLVED },
      invalid_key: { query: `key=${LONG}`, body: RESOLVED },
      invalid_value: { query: 'key=a', body: BAD_VALUE },
      invalid_options: { query: 'key=a', body: { ...RESOLVED, commandId: '' } },
    },
    planted: ['condition_failed', 'command_mismatch'],
  },
  'GET /v1/policies': { good: {} },
  'PUT /v1/policies': {
    good: { body: RULE },
    odd: [{ body: { ...RULE, policy: 'custom' } }, { body: { ...RULE, prefix: LONG } }],
  },
  'DELETE /v1/policies': {
    good: { query: 'prefix=p/', body: {} },
    odd: [
      { query: `prefix=${LONG}`, body: {} },
      { query: 'prefix=unheard', body: {} },
    ],
  },
};
