/**
 * The journal of decided conflicts, newest first: writes after which a key has one sibling where it
 * had several in conflict. Notes in the log name them and lead from one to the one before, so a
 * short list costs a few reads whatever lies between; the siblings that were there are found
 * through the links of the key. Below the base of the log nothing is known any more.
 */
import { compareStamps, isReservedKey, parseStamp, type Sibling } from '../core/index.ts';
import {
  commitAt,
  type DecidedPlace,
  decidedNoteAt,
  type LogCommit,
  type WriteName,
} from '../store/transactions/index.ts';
import type { CommitLog } from '../wal/index.ts';
import { checkedLimit } from './conflicts.ts';
import type { ConflictsOptions, DecidedConflict } from './peer-api.ts';

/** How far back the siblings of one conflict are looked for. */
const LINKS_MAX = 10_000;

/** Where decided conflicts are read from. */
export interface JournalSource {
  readonly log: CommitLog;
  /** Where the newest note stands. */
  readonly decided: DecidedPlace;
}

/** Newest first; `limit` counts what is given. Throws `invalid_argument`. */
export function* decidedConflicts(
  { log, decided }: JournalSource,
  options: ConflictsOptions = {},
): Generator<DecidedConflict, void, undefined> {
  const { prefix = '' } = options;
  let left = checkedLimit(options.limit);
  for (let seq = decided.seq; seq > 0 && left > 0; ) {
    const note = decidedNoteAt(log, seq);
    if (note === undefined) return;
    for (const { seq: at, key } of [...note.decided].reverse()) {
      if (!key.startsWith(prefix) || isReservedKey(key) !== isReservedKey(prefix)) continue;
      const found = decidedAt(log, at, key);
      if (found === undefined) continue;
      yield found;
      if (--left <= 0) return;
    }
    seq = note.previousSeq;
  }
}

/** What the commit at `seq` ended; `undefined` where what stood before it was let go. */
function decidedAt(log: CommitLog, seq: number, key: string): DecidedConflict | undefined {
  const commit = commitAt(log, seq);
  const index = commit?.events.findIndex((event) => event.key === key) ?? -1;
  if (commit?.origin === undefined || index < 0) return undefined;
  const { kind, value } = commit.events[index] as LogCommit['events'][number];
  const before = commitAt(log, commit.links[index] as number);
  const place = before?.events.findIndex((event) => event.key === key) ?? -1;
  if (before === undefined || place < 0) return undefined;
  const names = [...(before.effects[place]?.kept ?? [])];
  if (before.origin !== undefined) {
    names.push({ origin: before.origin, originSeq: before.originSeq });
  }
  const siblings = siblingsBack(log, key, before, names);
  const { origin, timeMs, reason } = commit;
  return { key, seq, decidedBy: origin, timeMs, kind, value, reason, siblings };
}

/** The named writes of a key, found by following its links back; what was let go is left out. */
function siblingsBack(
  log: CommitLog,
  key: string,
  from: LogCommit,
  names: readonly WriteName[],
): Sibling[] {
  const wanted = new Set(names.map(({ origin, originSeq }) => `${originSeq}.${origin}`));
  const found: Sibling[] = [];
  let commit: LogCommit | undefined = from;
  for (let links = 0; commit !== undefined && wanted.size > 0 && links < LINKS_MAX; links++) {
    const index: number = commit.events.findIndex((event) => event.key === key);
    if (index < 0) break;
    const { origin, originSeq, stamp } = commit;
    if (origin !== undefined && wanted.delete(`${originSeq}.${origin}`)) {
      const { kind, value } = commit.events[index] as LogCommit['events'][number];
      found.push({ kind, value, stamp, origin });
    }
    commit = commitAt(log, commit.links[index] as number);
  }
  return found.sort((a, b) => compareStamps(parseStamp(a.stamp), parseStamp(b.stamp)));
}
