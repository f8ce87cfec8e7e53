/**
 * Conditions of a write, checked where the commit is made against what the lane sees, and not again
 * by peers (design § 7). A failure is `condition_failed` with the actual value, so that the caller
 * can go on from it.
 */
import {
  AdastraError,
  jsonOf,
  type KeyConditions,
  parseStamp,
  type Range,
  type Value,
} from '../../core/index.ts';
import type { Overlay } from './overlay.ts';
import { inRange } from './key-range.ts';

/** `ifAbsent` and `ifStamp` of one key. */
export function checkKeyConditions(overlay: Overlay, key: string, conditions: KeyConditions): void {
  const { ifAbsent, ifStamp } = conditions;
  if (ifAbsent === true && (overlay.has(key) || overlay.hasPut(key))) {
    throw failed(overlay, key, `${JSON.stringify(key)} is there already`, 'ifAbsent');
  }
  if (ifStamp === undefined) return;
  const wanted = typeof ifStamp === 'string' ? [ifStamp] : [...ifStamp];
  for (const stamp of wanted) parseStamp(stamp);
  const actual = overlay.entryOf(key)?.stamps ?? [];
  const equal = wanted.length === actual.length && wanted.every((stamp) => actual.includes(stamp));
  if (!equal) throw failed(overlay, key, `${JSON.stringify(key)} has changed`, 'ifStamp');
}

/** `ifSeq`: no key or range that the commit reads or writes changed after `seq`. */
export function checkIfSeq(
  overlay: Overlay,
  seq: number,
  touched: { keys: Iterable<string>; ranges: readonly Range[]; collectedSeq: number },
): void {
  for (const key of touched.keys) {
    const last = overlay.lastSeq(key);
    if (last === 0 && touched.collectedSeq > seq) throw unknownRemoval(seq);
    if (last > seq)
      throw failed(overlay, key, `${JSON.stringify(key)} changed at seq ${last}`, 'ifSeq');
  }
  for (const range of touched.ranges) checkRangeSince(overlay, seq, range, touched.collectedSeq);
}

/** Removals count; where collected tombstones can no longer tell, the condition fails. */
function checkRangeSince(overlay: Overlay, seq: number, range: Range, collectedSeq: number): void {
  if (collectedSeq > seq) throw unknownRemoval(seq);
  for (const key of overlay.keys()) {
    if (inRange(key, range)) checkIfSeq(overlay, seq, { keys: [key], ranges: [], collectedSeq });
  }
  const bounds = { ...range, includeSystem: range.system === true, includeAbsent: true };
  const cursor = overlay.storage.range(bounds);
  while (cursor.next()) {
    const last = overlay.storage.lastSeq(cursor.ref);
    if (last > seq) throw failed(overlay, cursor.key, `the range changed at seq ${last}`, 'ifSeq');
  }
}

/** A key without an entry may have been removed since, and its tombstone collected. */
function unknownRemoval(seq: number): AdastraError {
  return new AdastraError(
    'condition_failed',
    `what was removed after seq ${seq} is no longer known`,
    {
      hint: 'read again and decide anew',
      details: { condition: 'ifSeq', seq },
    },
  );
}

function failed(overlay: Overlay, key: string, message: string, condition: string): AdastraError {
  const entry = overlay.entryOf(key);
  const actual: Value | undefined = overlay.get(key);
  return new AdastraError('condition_failed', message, {
    hint: 'read the key again and decide anew',
    details: {
      condition,
      key,
      actual: actual === undefined ? undefined : jsonOf(actual),
      stamps: entry?.stamps ?? [],
      seq: overlay.lastSeq(key),
    },
  });
}
