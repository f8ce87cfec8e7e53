/**
 * Taking a commit back: a new commit that gives each of its keys the post-state that the key had
 * before. Nothing in the log is changed. Refused if one of the keys has changed since, for then
 * taking it back would silently undo something else as well.
 */
import { AdastraError, type CommitFields } from '../../core/index.ts';
import type { Lane } from './lane.ts';
import { commitAt, type LogCommit } from './log-commits.ts';
import type { Transaction } from './transaction.ts';

/**
 * What a revert of `seq` would take back; throws `not_found`, `revert_refused`,
 * `history_truncated`.
 */
export function revertTarget(lane: Lane, seq: number): LogCommit {
  const { log } = lane.parts;
  if (!Number.isSafeInteger(seq) || seq < 1) {
    throw new AdastraError(
      'invalid_argument',
      'revert takes the seq of a commit, a whole number from 1',
    );
  }
  if (seq > lane.publishedSeq) throw new AdastraError('not_found', `there is no commit ${seq} yet`);
  const commit = commitAt(log, seq);
  if (commit === undefined) throw truncated(seq, log.baseSeq);
  if (commit.origin === undefined) {
    throw refused(`commit ${seq} only shows conflicts another way: resolve them instead`, seq);
  }
  if (commit.void !== undefined) throw refused(`commit ${seq} is void: it had no effect`, seq);
  return commit;
}

/** Writes the states of before into `tx`. */
export function revertInto(lane: Lane, tx: Transaction, commit: LogCommit): void {
  const { log } = lane.parts;
  commit.events.forEach(({ key }, index) => {
    const last = lane.overlay.lastSeq(key);
    if (last !== commit.seq) {
      throw refused(`${JSON.stringify(key)} has changed since, at seq ${last}`, commit.seq, key);
    }
    const before = commit.links[index] as number;
    const event = before === 0 ? undefined : eventOf(commitAt(log, before), key);
    if (before !== 0 && event === undefined) throw truncated(before, log.baseSeq);
    if (event?.kind === 'put') tx.put(key, event.value);
    else tx.remove(key);
  });
}

/** What the commit carries: which one it takes back, and why. */
export function revertFields(commit: LogCommit): Pick<CommitFields, 'reverts'> {
  return { reverts: { origin: commit.origin as string, originSeq: commit.originSeq } };
}

function eventOf(
  commit: LogCommit | undefined,
  key: string,
): LogCommit['events'][number] | undefined {
  return commit?.events.find((event) => event.key === key);
}

function truncated(seq: number, baseSeq: number): AdastraError {
  return new AdastraError(
    'history_truncated',
    `commit ${seq} was let go: the log begins behind ${baseSeq}`,
    {
      details: { seq, baseSeq },
    },
  );
}

function refused(message: string, seq: number, key?: string): AdastraError {
  return new AdastraError('revert_refused', message, {
    hint: 'revert the later commits first, or write the wanted values in a new commit',
    details: key === undefined ? { seq } : { seq, key },
  });
}
