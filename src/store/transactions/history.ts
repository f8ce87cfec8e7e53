/**
 * The history of one key, newest first, followed through the links in the log: each event names the
 * seq of the key's event before. What retention let go ends it with `history_truncated`.
 */
import { AdastraError, type ChangedKey, type HistoryEntry } from '../../core/index.ts';
import type { CommitLog } from '../../wal/index.ts';
import type { Collected } from './collected.ts';
import { collectionNote } from './collection-note.ts';
import { commitAt, type LogCommit } from './log-commits.ts';

/**
 * Writes of `key`, from the one at `lastSeq` (0: none) back. Where no link leads on, its tombstone
 * may have been collected: the notes of collections name it then.
 */
export function* historyOf(
  place: { readonly log: CommitLog; readonly collected: Collected },
  key: string,
  lastSeq: number,
): Generator<HistoryEntry, void, undefined> {
  const { log, collected } = place;
  const forgotten = (before: number): number => collectedBefore(log, collected, key, before);
  for (const { commit, index } of writesOf(log, key, { lastSeq, forgotten })) {
    const { events, links: _, effects: __, ...rest } = commit;
    const { kind, value } = events[index] as ChangedKey;
    yield { ...rest, kind, value };
  }
}

/** One write of a key: the commit, and which of its events it is. */
export interface KeyWrite {
  readonly commit: LogCommit;
  readonly index: number;
}

/** Where the writes of a key begin, and how to go on where no link leads on. */
export interface WriteChain {
  /** 0: none. */
  readonly lastSeq: number;
  /** Seq of the key's last event before `seq` that a collection forgot; 0: none. */
  forgotten(seq: number): number;
}

/** The writes of `key`, newest first; throws `history_truncated` where the log let one go. */
export function* writesOf(
  log: CommitLog,
  key: string,
  { lastSeq, forgotten }: WriteChain,
): Generator<KeyWrite, void, undefined> {
  let before = Number.POSITIVE_INFINITY;
  for (let seq = lastSeq; ; ) {
    if (seq === 0) seq = forgotten(before);
    if (seq === 0) return;
    const commit = commitAt(log, seq);
    const index = commit?.events.findIndex((event) => event.key === key) ?? -1;
    if (commit === undefined || index === -1) throw truncated(key, log.baseSeq);
    yield { commit, index };
    before = seq;
    seq = commit.links[index] as number;
  }
}

/** Seq of the last event of `key` that was collected before `beforeSeq`; 0 if there was none. */
function collectedBefore(
  log: CommitLog,
  { stretches }: Collected,
  key: string,
  beforeSeq: number,
): number {
  for (const { fromSeq, toSeq } of [...stretches].reverse()) {
    if (fromSeq >= beforeSeq || toSeq < log.baseSeq) continue;
    let found = 0;
    const from = Math.max(fromSeq, log.baseSeq + 1, 1);
    for (const batch of log.read(from, { toSeq: Math.min(toSeq, beforeSeq - 1) + 1 })) {
      for (const record of batch.records) {
        const named = collectionNote(record)?.keys.find((one) => one.key === key);
        if (named !== undefined && named.lastSeq < beforeSeq) found = named.lastSeq;
      }
    }
    if (found > 0) return found;
  }
  return 0;
}

function truncated(key: string, baseSeq: number): AdastraError {
  return new AdastraError(
    'history_truncated',
    `the history of ${JSON.stringify(key)} before seq ${baseSeq + 1} was let go`,
    {
      details: { key, baseSeq },
    },
  );
}
