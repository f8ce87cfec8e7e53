/**
 * Waiting until other members have a commit.
 */
import { type Static, Type } from 'typebox';
import type { Receipt } from '../../core/index.ts';
import { type Route, route } from '../route.ts';
import { EMPTY, fields, oneOf, TEXT, TEXTS, WHOLE } from '../schemas/shapes.ts';
import { signalOf } from '../serving.ts';

const TAG = 'Sync';

/** As it was given, by whichever version of a node: fields that are not known here stay. */
const GIVEN = Type.Object({ seq: WHOLE, origin: TEXT }, { title: 'GivenReceipt' });

const BY = Type.Union([oneOf(['any', 'all']), TEXTS]);

/** `sync/acknowledged`, `sync/stable` */
export const syncWaitRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/sync/acknowledged',
    tag: TAG,
    summary: 'Answers when others have a commit durably: any, all, or those of these fingerprints.',
    access: 'read',
    body: fields({
      receipt: GIVEN,
      timeoutMs: Type.Optional(WHOLE),
      by: Type.Optional(BY),
    }),
    answers: [{ type: 'json', schema: EMPTY }],
    errors: ['read_only', 'timeout', 'peer_unknown', 'peer_ambiguous'],
    run: async ({ serving, context, body: { receipt, timeoutMs, by } }) => {
      const options = { signal: signalOf(context), timeoutMs, ...(by === undefined ? {} : { by }) };
      await serving.node.whenAcknowledged(receiptOf(receipt), options);
      return {};
    },
  }),
  route({
    method: 'POST',
    path: '/v1/sync/stable',
    tag: TAG,
    summary: 'Answers when every member has a commit durably.',
    access: 'read',
    body: fields({ receipt: GIVEN, timeoutMs: Type.Optional(WHOLE) }),
    answers: [{ type: 'json', schema: EMPTY }],
    errors: ['read_only', 'timeout'],
    run: async ({ serving, context, body: { receipt, timeoutMs } }) => {
      await serving.node.whenStable(receiptOf(receipt), { signal: signalOf(context), timeoutMs });
      return {};
    },
  }),
];

function receiptOf(given: Static<typeof GIVEN>): Receipt {
  return given as Receipt;
}
