/**
 * Which keys a range covers, as UTF-8 bytes: the tightest of the lower and of the upper bounds
 * given. A prefix is a pair of bounds: UTF-8 never holds 0xff, so its last byte can always count up
 * by one.
 */
import { allocateBytes, type Range, utf8LengthMax, writeUtf8 } from '../../core/index.ts';

/** Which entries a range gives, all optional. Texts must be well-formed. */
export interface RangeBounds extends Omit<Range, 'limit' | 'system'> {
  /** Also keys beginning with `$`. */
  readonly includeSystem?: boolean | undefined;
  /** Also entries that read as absent: tombstones, and conflicts whose view is a remove. */
  readonly includeAbsent?: boolean | undefined;
}

/** A place between keys: before the key with these bytes, or (`after`) behind it. */
export interface Bound {
  readonly bytes: Uint8Array;
  readonly after: boolean;
}

export interface BoundPair {
  /** Entries behind this place; `undefined`: from the first. */
  readonly lower: Bound | undefined;
  /** Entries before this place; `undefined`: to the last. */
  readonly upper: Bound | undefined;
}

/** The places between which the range lies. */
export function boundPair(bounds: RangeBounds): BoundPair {
  const { prefix, gt, gte, lt, lte } = bounds;
  const hasPrefix = prefix !== undefined && prefix !== '';
  const low = hasPrefix ? { bytes: encoded(prefix), after: false } : undefined;
  const high = hasPrefix ? { bytes: successor(prefix), after: false } : undefined;
  return {
    lower: pick(pick(low, boundOf(gte, false), 1), boundOf(gt, true), 1),
    upper: pick(pick(high, boundOf(lte, true), -1), boundOf(lt, false), -1),
  };
}

function boundOf(text: string | undefined, after: boolean): Bound | undefined {
  return text === undefined ? undefined : { bytes: encoded(text), after };
}

/** The greater (`sign` 1) or smaller (-1) of two places. */
function pick(a: Bound | undefined, b: Bound | undefined, sign: number): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return comparePlaces(a, b) * sign >= 0 ? a : b;
}

function comparePlaces(a: Bound, b: Bound): number {
  const shorter = Math.min(a.bytes.length, b.bytes.length);
  for (let index = 0; index < shorter; index++) {
    const difference = (a.bytes[index] as number) - (b.bytes[index] as number);
    if (difference !== 0) return difference;
  }
  if (a.bytes.length !== b.bytes.length) return a.bytes.length - b.bytes.length;
  return Number(a.after) - Number(b.after);
}

function encoded(text: string): Uint8Array {
  const bytes = allocateBytes(utf8LengthMax(text));
  return bytes.subarray(0, writeUtf8(bytes, 0, text));
}

function successor(prefix: string): Uint8Array {
  const bytes = encoded(prefix);
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] as number) + 1;
  return bytes;
}
