/**
 * The writes of one key, newest first, with the limits that a caller sets.
 */
import { AdastraError, type HistoryEntry } from '../core/index.ts';
import { historyOf } from '../store/transactions/index.ts';
import type { EngineParts } from './engine-parts.ts';
import type { HistoryOptions } from './node-api.ts';

/** Throws `aborted`, and `history_truncated` below what the log still holds. */
export function* historyIn(
  { replica, log }: Pick<EngineParts, 'replica' | 'log'>,
  key: string,
  { limit, signal }: HistoryOptions,
): Generator<HistoryEntry, void, undefined> {
  const { storage, collected } = replica;
  let left = limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  for (const entry of historyOf({ log, collected }, key, storage.lastSeq(storage.find(key)))) {
    if (signal?.aborted === true) throw new AdastraError('aborted', 'the signal was aborted');
    yield entry;
    if (--left <= 0) return;
  }
}
