/**
 * Builds one batch in memory that is used again for the next: 80 bytes for the frame header, then
 * the records as the store writes them. The header is filled in by `FrameSealer`, in place, so that
 * a batch goes to the disk in one write without having been copied.
 *
 * It notes which bytes the batch digest leaves out (the authored bytes of bundles, which their own
 * chain digest covers); everything else of the payload is covered.
 */
import { assert } from '../core/index.ts';
import { readU32 } from '../core/index.ts';
import { ByteWriter } from '../core/index.ts';
import {
  BUNDLE_PREFIX_BYTES,
  DIGEST_BYTES,
  FRAME_HEADER_BYTES,
  isBundleKind,
  RECORD_HEADER_BYTES,
} from './format.ts';

/** Memory kept between batches; a larger batch gives its memory back at `reset`. */
const KEPT_BYTES = 1024 * 1024;

export class BatchBuilder {
  /** Header space, then records. Write record bodies straight into it; do not reset it yourself. */
  readonly frame: ByteWriter;
  /** How many seqs this batch takes; 0 for local notes. Set by whoever fills it. */
  count = 0;
  /**
   * Start and end of each stretch of `frame.buffer` that the digest leaves out, flat, ascending.
   */
  readonly leftOut: number[] = [];
  /** Where the body of the open record begins; 0 when none is open. */
  #body = 0;

  constructor(capacity: number = 16 * 1024) {
    this.frame = new ByteWriter(capacity);
    this.reset();
  }

  get isEmpty(): boolean {
    return this.frame.length === FRAME_HEADER_BYTES;
  }

  /** Bytes of records so far. */
  get payloadBytes(): number {
    return this.frame.length - FRAME_HEADER_BYTES;
  }

  /** Forgets what was built. */
  reset(): void {
    this.frame.reset();
    this.frame.shrink(KEPT_BYTES);
    this.frame.ensure(FRAME_HEADER_BYTES);
    this.frame.length = FRAME_HEADER_BYTES;
    this.count = 0;
    this.leftOut.length = 0;
    this.#body = 0;
  }

  /** Begins a record of this kind (`RECORD_KIND`); its body is what is written to `frame` next. */
  beginRecord(kind: number): void {
    assert(this.#body === 0, 'one record is open at a time');
    this.frame.u8(kind);
    this.frame.u32(0);
    this.#body = this.frame.length;
  }

  /** Ends the record; the digest covers all of it. */
  endRecord(): void {
    const { frame } = this;
    const body = this.#body;
    assert(body !== 0, 'a record is open');
    assert(!isBundleKind(frame.buffer[body - RECORD_HEADER_BYTES] as number), 'not a bundle');
    frame.putU32(body - 4, frame.length - body);
    this.#body = 0;
  }

  /** Ends a bundle record whose authored bytes are `frame.buffer[authoredStart…authoredEnd)`. */
  endBundleRecord(authoredStart: number, authoredEnd: number): void {
    const { frame } = this;
    const body = this.#body;
    assert(body !== 0, 'a record is open');
    assert(isBundleKind(frame.buffer[body - RECORD_HEADER_BYTES] as number), 'a bundle record');
    assert(
      authoredStart === body + BUNDLE_PREFIX_BYTES &&
        authoredEnd <= frame.length &&
        readU32(frame.buffer, body + DIGEST_BYTES) === authoredEnd - authoredStart,
      'a bundle record is: chain digest, authored length, authored bytes, local part',
    );
    if (authoredEnd > authoredStart) this.leftOut.push(authoredStart, authoredEnd);
    frame.putU32(body - 4, frame.length - body);
    this.#body = 0;
  }

  /** Whether every record that was begun was ended. */
  get isComplete(): boolean {
    return this.#body === 0;
  }
}
