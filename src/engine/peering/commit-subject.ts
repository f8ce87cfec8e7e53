/**
 * What `syncWhy` is asked about: a commit of this log by its seq (`#12`), a commit by its name
 * (`origin/originSeq`), or the last commits that wrote a key.
 */
import { AdastraError, type Commit, originBytes } from '../../core/index.ts';
import { commitAt, commitsOf, historyOf } from '../../store/transactions/index.ts';
import type { PeeringNode } from './peering-node.ts';

/** Commits shown for one key. */
const SHOWN = 5;
const NAME = /^([0-9a-f]{32}\.[0-9a-f]{32})\/(\d+)$/;

export type NamedCommit = Pick<Commit, 'seq' | 'origin' | 'originSeq' | 'stamp' | 'void'>;

/** Newest first; empty where this log has none. Throws `invalid_argument`. */
export function commitsAbout(node: PeeringNode, subject: string): NamedCommit[] {
  if (typeof subject !== 'string' || subject === '') {
    throw new AdastraError('invalid_argument', 'name a key, #seq or origin/originSeq');
  }
  const bySeq = /^#(\d+)$/.exec(subject)?.[1];
  if (bySeq !== undefined) {
    const found = commitAt(node.log, Number(bySeq));
    return found === undefined ? [] : [found];
  }
  const name = NAME.exec(subject);
  if (name !== null) {
    const found = commitNamed(node, name[1] as string, Number(name[2]));
    return found === undefined ? [] : [found];
  }
  return commitsOfKey(node, subject);
}

function commitsOfKey({ log, replica }: PeeringNode, key: string): NamedCommit[] {
  const { storage, origins, collected } = replica;
  const found: NamedCommit[] = [];
  try {
    const place = { log, origins, collected };
    for (const entry of historyOf(place, key, storage.lastSeq(storage.find(key)))) {
      found.push(entry);
      if (found.length >= SHOWN) break;
    }
  } catch (error) {
    // What retention let go can no longer be told; what is behind it was found.
    if (!AdastraError.is(error) || error.code !== 'history_truncated') throw error;
  }
  return found;
}

function commitNamed(
  { log }: PeeringNode,
  origin: string,
  originSeq: number,
): NamedCommit | undefined {
  if (originBytes(origin) === undefined) return undefined;
  const window = { fromSeq: log.baseSeq + 1, toSeq: log.headSeq };
  for (const batch of log.read(window.fromSeq)) {
    for (const commit of commitsOf(batch, window)) {
      if (commit.origin === origin && commit.originSeq === originSeq) return commit;
    }
  }
  return undefined;
}
