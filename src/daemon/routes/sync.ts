/**
 * Sync: its state, one step of it, what waits for whom, what was refused, why something is not
 * there yet, what forked.
 */
import { Type } from 'typebox';
import { recordJson } from '../record-json.ts';
import { OF_LANE } from '../route-errors.ts';
import { type Route, route } from '../route.ts';
import { fields, FLAG, TEXT, WHOLE } from '../schemas/shapes.ts';
import {
  CLOCK_REPAIR_REPORT,
  DEAD_LETTER,
  FORK,
  OUTBOX_ENTRY,
  SYNC_STATE,
  TICK_RESULT,
} from '../schemas/sync.ts';
import { SYNC_WHY } from '../schemas/sync-why.ts';
import { RECEIPT } from '../schemas/writes.ts';

const TAG = 'Sync';

const stateRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/sync',
    tag: TAG,
    summary: 'How sync stands.',
    access: 'read',
    answers: [{ type: 'json', schema: SYNC_STATE }],
    errors: ['read_only'],
    run: async ({ serving }) => serving.node.syncStateInfo(),
  }),
  route({
    method: 'GET',
    path: '/v1/sync/outbox',
    tag: TAG,
    summary: 'What waits for whom.',
    access: 'read',
    answers: [{ type: 'json', schema: fields({ outbox: Type.Array(OUTBOX_ENTRY) }) }],
    errors: ['read_only'],
    run: async ({ serving }) => ({ outbox: await serving.node.outbox() }),
  }),
  route({
    method: 'GET',
    path: '/v1/sync/why',
    tag: TAG,
    summary: 'The way of a key, of `#seq` or of `origin/originSeq`, and what blocks it.',
    access: 'read',
    query: fields({ subject: TEXT }),
    answers: [{ type: 'json', schema: SYNC_WHY }],
    errors: ['read_only'],
    run: async ({ serving, query }) => serving.node.syncWhy(query.subject),
  }),
  route({
    method: 'POST',
    path: '/v1/sync/tick',
    tag: TAG,
    summary: 'One step of sync.',
    access: 'admin',
    body: fields({ prune: Type.Optional(FLAG) }),
    answers: [{ type: 'json', schema: TICK_RESULT }],
    errors: ['read_only'],
    run: async ({ serving, body }) => serving.node.tick(body),
  }),
];

const forkRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/sync/forks',
    tag: TAG,
    summary: 'Origins that are frozen here because they have two chains.',
    access: 'read',
    answers: [{ type: 'json', schema: fields({ forks: Type.Array(FORK) }) }],
    errors: ['read_only'],
    run: async ({ serving }) => ({ forks: await serving.node.forks() }),
  }),
  route({
    method: 'POST',
    path: '/v1/sync/forks/{origin}/keep',
    tag: TAG,
    summary: 'Names the chain of a forked origin that stays.',
    access: 'admin',
    body: fields({ originSeq: Type.Optional(WHOLE), digest: TEXT }),
    answers: [{ type: 'json', schema: RECEIPT }],
    errors: ['invalid_options', 'already_exists', ...OF_LANE],
    run: async ({ serving, params, body: { originSeq = 0, digest } }) =>
      serving.node.keepBranch(params['origin'] as string, { originSeq, digest }),
  }),
  route({
    method: 'POST',
    path: '/v1/sync/clock-repair',
    tag: TAG,
    summary: 'Authors again, with stamps of now, what no peer has taken.',
    access: 'admin',
    answers: [{ type: 'json', schema: CLOCK_REPAIR_REPORT }],
    errors: OF_LANE,
    run: async ({ serving }) => serving.node.clockRepair(),
  }),
];

const deadLetterRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/sync/dead-letters',
    tag: TAG,
    summary: 'Commits of this node that are void elsewhere or could not be authored again.',
    access: 'read',
    answers: [{ type: 'json', schema: fields({ deadLetters: Type.Array(DEAD_LETTER) }) }],
    errors: ['read_only'],
    run: async ({ serving }) => ({
      deadLetters: (await serving.node.deadLetters()).map(recordJson),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/sync/dead-letters/{id}/retry',
    tag: TAG,
    summary: 'Commits a dead letter anew, or drops it.',
    access: 'admin',
    body: fields({ drop: Type.Optional(FLAG) }),
    answers: [{ type: 'json', schema: fields({ receipt: Type.Optional(RECEIPT) }) }],
    errors: ['not_found', 'history_truncated', ...OF_LANE],
    run: async ({ serving, params, body }) => {
      const receipt = await serving.node.retryDeadLetter(params['id'] as string, body);
      return receipt === undefined ? {} : { receipt };
    },
  }),
];

/** `sync` */
export const syncRoutes: readonly Route[] = [...stateRoutes, ...forkRoutes, ...deadLetterRoutes];
