/**
 * The events of an own commit: written into the batch, and as pending entries for the lane's
 * overlay. A void commit has its events in the log and no entries.
 */
import type { BatchGatherer } from './batch-gatherer.ts';
import { linkedEntries, newEntry, type Overlay, type PendingEntry } from './overlay.ts';
import type { Transaction } from './transaction.ts';

/** Writes a transaction's events; the commit has been begun. Gives its entries, linked. */
export function writeOwnEntries(
  gatherer: BatchGatherer,
  overlay: Overlay,
  { writes, scratch, metas }: Transaction,
  isVoid: boolean,
): PendingEntry | undefined {
  const entries: PendingEntry[] = [];
  // forEach: an iterator would make an array for each of a thousand writes.
  writes.forEach(({ remove, valueHead, start, end }, key) => {
    const ref = overlay.storage.obtain(key);
    const previous = overlay.lastSeqAt(key, ref);
    const cell = remove
      ? gatherer.remove(key, previous)
      : gatherer.put(key, valueHead, scratch.buffer, start, end, previous, metas?.get(key));
    if (!isVoid) entries.push(newEntry(key, gatherer.seq, cell, ref));
  });
  return linkedEntries(entries);
}
