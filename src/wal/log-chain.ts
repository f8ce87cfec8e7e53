/**
 * What frames say of each other: seqs without a gap, each naming the digest before it, terms that
 * never go back. The state is a place in the log: what would have to come next.
 */
import { readU32 } from '../core/index.ts';
import { DIGEST_BYTES } from './format.ts';
import type { FrameHeader } from './frame.ts';
import type { SegmentHeader } from './segment-header.ts';

export class LogChain {
  /** The first seq of the batch that comes next. */
  nextSeq = 1;
  term = 0;
  /** The greatest synced-through seq seen. */
  mark = 0;
  /** The digest of the last batch. */
  readonly digest: Uint8Array = new Uint8Array(DIGEST_BYTES);
  #low = 0;
  #high = 0;
  /** Unknown after starting in the middle of a segment. */
  #digestKnown = false;

  get headSeq(): number {
    return this.nextSeq - 1;
  }

  /** Starts at the beginning of a segment. */
  startAt(header: SegmentHeader): void {
    this.nextSeq = header.firstSeq;
    this.term = header.term;
    this.#setDigest(header.previousDigest);
    this.sawMark(header.syncedThrough);
  }

  /** Starts in the middle of one, before the batch that begins with `nextSeq`. */
  startWithin(nextSeq: number, term: number): void {
    this.nextSeq = nextSeq;
    this.term = term;
    this.#digestKnown = false;
  }

  /** Stands where `other` stands. */
  standAt(other: LogChain): void {
    this.nextSeq = other.nextSeq;
    this.term = other.term;
    this.mark = other.mark;
    this.#setDigest(other.digest);
    this.#digestKnown = other.#digestKnown;
  }

  sawMark(seq: number): void {
    if (seq > this.mark) this.mark = seq;
  }

  /** Why a segment cannot follow here, or `undefined`. */
  faultOfSegment(header: SegmentHeader): string | undefined {
    if (header.firstSeq !== this.nextSeq) {
      return `continuity: seq ${this.nextSeq} expected, the segment begins with ${header.firstSeq}`;
    }
    if (
      this.#digestKnown &&
      !this.#follows(readU32(header.previousDigest, 0), readU32(header.previousDigest, 4))
    ) {
      return 'continuity: another batch stood before this segment';
    }
    return header.term < this.term ? 'continuity: term goes back' : undefined;
  }

  /** Why a frame cannot follow here, or `undefined`. */
  faultOfFrame(header: FrameHeader): string | undefined {
    if (header.firstSeq !== this.nextSeq) {
      return `continuity: seq ${this.nextSeq} expected, ${header.firstSeq} found`;
    }
    if (this.#digestKnown && !this.#follows(header.previousLow, header.previousHigh)) {
      return 'continuity: another batch stood before this one';
    }
    return header.term < this.term ? 'continuity: term goes back' : undefined;
  }

  /** Moves over a frame without a fault. */
  advance(header: FrameHeader): void {
    this.nextSeq = header.firstSeq + header.count;
    this.term = header.term;
    this.#setDigest(header.digest);
    if (header.syncedThrough > this.mark) this.mark = header.syncedThrough;
  }

  #follows(low: number, high: number): boolean {
    return low === this.#low && high === this.#high;
  }

  #setDigest(digest: Uint8Array): void {
    for (let index = 0; index < DIGEST_BYTES; index++) this.digest[index] = digest[index] as number;
    this.#low = readU32(digest, 0);
    this.#high = readU32(digest, 4);
    this.#digestKnown = true;
  }
}
