/**
 * What a member lacks that was not met since this node was opened: sync knows nothing of it yet,
 * the address book says up to where it had this log when it was last linked. An estimate: others
 * may have brought it more since.
 */
import { membersOf } from './member-list.ts';
import type { Peering } from './peering.ts';

/** Commits of this log up to which it had everything, durably. */
export function heldSeqOf({ book, node }: Peering, fingerprint: string): number {
  return Math.min(book.noteOf(fingerprint).heldSeq ?? 0, node.log.durableSeq);
}

/** The most commits that one of those members lacks. */
export function queuedForUnmet(peering: Peering): number {
  const { driver, node } = peering;
  const now = driver.now();
  return membersOf(peering)
    .filter(({ self, state }) => !self && state !== 'closed')
    .filter(({ fingerprint }) => driver.sync.view.peer(fingerprint, now) === undefined)
    .reduce((most, { fingerprint }) => {
      return Math.max(most, node.log.durableSeq - heldSeqOf(peering, fingerprint));
    }, 0);
}
