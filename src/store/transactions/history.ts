/**
 * The history of one key, newest first, followed through the links in the log: each event names the
 * seq of the key's event before. What retention let go ends it with `history_truncated`.
 */
import { AdastraError, type HistoryEntry } from '../../core/index.ts';
import type { OriginTable } from '../storage/index.ts';
import type { CommitLog } from '../../wal/index.ts';
import { commitAt } from './log-commits.ts';

/** Writes of `key`, from the one at `lastSeq` (0: none) back. */
export function* historyOf(
  log: CommitLog,
  origins: OriginTable,
  key: string,
  lastSeq: number,
): Generator<HistoryEntry, void, undefined> {
  for (let seq = lastSeq; seq > 0; ) {
    const commit = commitAt(log, origins, seq);
    if (commit === undefined) throw truncated(key, log.baseSeq);
    const { events, links, ...rest } = commit;
    const index = events.findIndex((event) => event.key === key);
    const event = events[index];
    if (event === undefined) throw truncated(key, log.baseSeq);
    yield { ...rest, kind: event.kind, value: event.value };
    seq = links[index] as number;
  }
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
