/**
 * The writes of one key, newest first, with the limits that a caller sets.
 */
import { AdastraError, type HistoryEntry } from '../core/index.ts';
import { commitAt, historyOf } from '../store/transactions/index.ts';
import type { CommitLog } from '../wal/index.ts';
import type { EngineParts } from './engine-parts.ts';
import type { HistoryOptions } from './node-api.ts';

/** Throws `aborted`, and `history_truncated` below what the log still holds. */
export function* historyIn(
  { replica, log }: Pick<EngineParts, 'replica' | 'log'>,
  key: string,
  { limit, upTo = Number.POSITIVE_INFINITY, signal }: HistoryOptions,
): Generator<HistoryEntry, void, undefined> {
  const { storage, collected } = replica;
  let left = limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  const lastSeq = storage.lastSeq(storage.find(key));
  const fromSeq = upTo < lastSeq && isWriteOf(log, key, upTo) ? upTo : lastSeq;
  for (const entry of historyOf({ log, collected }, key, fromSeq)) {
    if (signal?.aborted === true) throw new AdastraError('aborted', 'the signal was aborted');
    if (entry.seq > upTo) continue;
    yield entry;
    if (--left <= 0) return;
  }
}

/** Whether the history of `key` passes commit `seq`: then it can be followed from there. */
function isWriteOf(log: CommitLog, key: string, seq: number): boolean {
  const commit = commitAt(log, seq);
  return commit?.void === undefined && commit?.events.some((event) => event.key === key) === true;
}
