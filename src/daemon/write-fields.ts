/**
 * The options of a write in a body, the same for every route that writes; the other end is
 * write-body.ts.
 */
import type { Static, TObject } from 'typebox';
import { type PutOptions, valueOfJson, type WriteOptions } from '../core/index.ts';
import type { Call } from './route.ts';
import type { KEY_CONDITIONS, WRITE } from './schemas/writes.ts';

type WriteCall = Pick<Call<never, Static<TObject<typeof WRITE>>>, 'body' | 'caller'>;
type PutCall = Pick<
  Call<never, Static<TObject<typeof WRITE & typeof KEY_CONDITIONS>>>,
  'body' | 'caller'
>;

/** What every write takes. */
export function writeOptionsOf({ body }: WriteCall): WriteOptions {
  const { durability, commandId, ifSeq, within, actor, reason, metadata } = body;
  return {
    durability,
    commandId,
    ifSeq,
    within,
    actor,
    reason,
    ...(metadata === undefined ? {} : { metadata: valueOfJson(metadata) }),
  };
}

/** What a write of one key takes besides. */
export function putOptionsOf(call: PutCall): PutOptions {
  const { ifAbsent, ifStamp } = call.body;
  return { ...writeOptionsOf(call), ifAbsent, ifStamp };
}
