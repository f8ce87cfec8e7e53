/**
 * Where seqs stand: per segment its first seq, and a position every 64 KiB or so, noted while
 * frames are written or read. A read from any seq thus begins at most one gap too early. Segments
 * that nobody has read yet have only their first seq.
 */
import type { SegmentHeader } from './segment-header.ts';

const GAP_BYTES = 64 * 1024;
/** The newest frames are known one by one: what was just written is what is read next. */
const RECENT_MAX = 64;

/** One segment of the log as far as it is known. */
export class SegmentEntry {
  readonly number: number;
  readonly path: string;
  readonly firstSeq: number;
  readonly headerBytes: number;
  /** The store's vector before its first commit, as encoded. */
  readonly vector: Uint8Array;
  /** Where its frames end; of a segment never read the size of the file. */
  bytes: number;
  /** Pairs of first seq and offset, ascending. */
  readonly positions: number[] = [];
  /** The same for every one of the newest frames. */
  #recent: number[] = [];
  #noted: number;

  constructor(path: string, header: SegmentHeader, headerBytes: number, bytes: number) {
    this.number = header.segment;
    this.path = path;
    this.firstSeq = header.firstSeq;
    this.headerBytes = headerBytes;
    this.vector = header.vector;
    this.bytes = bytes;
    this.#noted = headerBytes;
  }

  /** A frame beginning with `firstSeq` stands at `offset`. */
  note(firstSeq: number, offset: number): void {
    const newest = this.#recent.at(-1) ?? 0;
    if (offset > newest) {
      if (this.#recent.length >= RECENT_MAX * 2) this.#recent = this.#recent.slice(RECENT_MAX);
      this.#recent.push(firstSeq, offset);
    }
    if (offset - this.#noted < GAP_BYTES) return;
    this.#noted = offset;
    this.positions.push(firstSeq, offset);
  }

  /** A frame at or before the one that holds `seq`, as near as is known; else `undefined`. */
  placeBefore(seq: number): { readonly firstSeq: number; readonly offset: number } | undefined {
    return placeIn(this.#recent, seq) ?? placeIn(this.positions, seq);
  }
}

/**
 * Of pairs of first seq and offset the last one before `seq`: a frame that begins with `seq` itself
 * may have local notes of the same seq before it.
 */
function placeIn(
  pairs: readonly number[],
  seq: number,
): { readonly firstSeq: number; readonly offset: number } | undefined {
  let low = 0;
  let high = pairs.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pairs[middle * 2] as number) < seq) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return undefined;
  return { firstSeq: pairs[low * 2 - 2] as number, offset: pairs[low * 2 - 1] as number };
}

/** The last entry that begins at or before `seq`; the first one if all begin later. */
export function entryOf(entries: readonly SegmentEntry[], seq: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle] as SegmentEntry).firstSeq <= seq) low = middle + 1;
    else high = middle;
  }
  return Math.max(low - 1, 0);
}

/** Sizes for `stat`. */
export function segmentStats(entries: readonly SegmentEntry[]): {
  segments: { number: number; firstSeq: number; bytes: number }[];
  bytes: number;
} {
  const segments = entries.map(({ number, firstSeq, bytes }) => ({ number, firstSeq, bytes }));
  return { segments, bytes: segments.reduce((sum, segment) => sum + segment.bytes, 0) };
}

/** First seq of the last segment whose vector is covered; vectors only grow along a log. */
export function startFor(
  entries: readonly SegmentEntry[],
  isCovered: (vector: Uint8Array) => boolean,
): number {
  let low = 1;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isCovered((entries[middle] as SegmentEntry).vector)) low = middle + 1;
    else high = middle;
  }
  return (entries[low - 1] as SegmentEntry).firstSeq;
}
