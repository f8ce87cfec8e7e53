/**
 * What a call wants written, beside the writes themselves: options, conditions, the command that it
 * stands for. From it come the optional fields of the commit and, for a command that was committed
 * before, the receipt of then.
 */
import {
  AdastraError,
  type CommitFields,
  formatStamp,
  type Limits,
  type PutOptions,
  type Receipt,
} from '../../core/index.ts';
import type { CommandMemory } from './command-memory.ts';
import type { CommandRequest } from './command-request.ts';
import type { Admission } from './lane-parts.ts';
import type { Transaction } from './transaction.ts';
import { metadataOf } from './write-options.ts';

/** What is to be written, and how. */
/** What a transaction resolved to. */
export interface TransactionResult<T> {
  readonly receipt: Receipt;
  /** What the function returned; `undefined` where the receipt is a replayed one. */
  readonly value: T | undefined;
}

export interface WriteIntent {
  readonly options?: PutOptions | undefined;
  /** What a commandId stands for; absent for a function. */
  readonly request?: CommandRequest | undefined;
  /** Id and hash of `request`, where they are worked out already. */
  readonly command?: Admission['command'];
  readonly system?: boolean;
  readonly reverts?: CommitFields['reverts'];
}

/** The receipt of a command that committed here, marked as replayed. */
export function receiptOf(commands: CommandMemory, id: string): Receipt | undefined {
  const command = commands.find(id);
  if (command === undefined) return undefined;
  const { seq, origin, originSeq, ms, counter, durability } = command;
  const stamp = formatStamp({ ms, counter, origin, originSeq });
  return { seq, origin, originSeq, stamp, durability, changed: true, replayed: true };
}

/** The optional fields of the commit that an intent makes; `undefined` where there are none. */
export function fieldsOf(
  tx: Transaction,
  intent: WriteIntent,
  limits: Limits,
): CommitFields | undefined {
  const operations = tx.calls.length === 0 ? undefined : tx.calls;
  const { actor, reason, commandId, metadata } = intent.options ?? {};
  const { reverts } = intent;
  const any = operations ?? actor ?? reason ?? commandId ?? metadata ?? reverts;
  if (any === undefined) return undefined;
  const encoded = metadataOf(metadata, limits);
  return { operations, actor, reason, commandId, reverts, metadata: encoded };
}

/** The function given to a transaction went on after it: nothing of it may stay. */
export function asyncTransaction(): AdastraError {
  return new AdastraError(
    'async_transaction',
    'the function returned a promise; its writes were undone',
    {
      hint: 'transactions are synchronous: await what you need first, then transact',
    },
  );
}
