/**
 * Keys whose tombstones were forgotten after a commit: the present state does not name them, and
 * they may have had a value then. Read from the notes that collections left in the log; the last
 * answer is kept, for lists that are read in pieces.
 */
import { collectionNote } from '../store/transactions/index.ts';
import type { CommitLog } from '../wal/index.ts';
import type { ReadParts } from './engine-parts.ts';

/** For each key the seqs of its forgotten last events above the commit. */
export type ForgottenKeys = ReadonlyMap<string, readonly number[]>;

interface Kept {
  readonly seq: number;
  /** Where notes stood when it was read. */
  readonly toSeq: number;
  readonly keys: ForgottenKeys;
}

const KEPT = new WeakMap<CommitLog, Kept>();
const NONE: ForgottenKeys = new Map();

/** Those behind commit `seq`. */
export function forgottenSince(
  { log, replica }: Pick<ReadParts, 'log' | 'replica'>,
  seq: number,
): ForgottenKeys {
  const { stretches } = replica.collected;
  const toSeq = stretches.at(-1)?.toSeq ?? 0;
  // A note stands behind the events that it forgets.
  if (toSeq < seq) return NONE;
  const kept = KEPT.get(log);
  if (kept?.seq === seq && kept.toSeq === toSeq) return kept.keys;
  const keys = new Map<string, number[]>();
  for (const stretch of stretches) {
    if (stretch.toSeq < seq || stretch.toSeq < log.baseSeq) continue;
    const from = Math.max(stretch.fromSeq, log.baseSeq + 1, 1);
    for (const batch of log.read(from, { toSeq: stretch.toSeq + 1 })) {
      for (const record of batch.records) {
        for (const { key, lastSeq } of collectionNote(record)?.keys ?? []) {
          if (lastSeq > seq) keys.set(key, [...(keys.get(key) ?? []), lastSeq]);
        }
      }
    }
  }
  KEPT.set(log, { seq, toSeq, keys });
  return keys;
}
