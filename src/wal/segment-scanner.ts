/**
 * Reads the frames of one segment in order, in large pieces, and checks all that a frame can say of
 * itself: marker, header checksum (before the length is believed), length, frame checksum with the
 * place, shape of the records. What frames say of each other is `LogChain`'s.
 *
 * It allocates nothing per frame: `header`, `records` and the memory behind them are used again, so
 * what they hold is valid until the next call. Errors of the file system pass through.
 */
import type { Crypto, File } from '../env/index.ts';
import { allocateBytesUnsafe } from '../core/index.ts';
import { placeSeed } from './checksum.ts';
import { FRAME_HEADER_BYTES } from './format.ts';
import { FrameHeader, frameChecksumFits, parseFrameHeader } from './frame.ts';
import { type LogRecord, RecordTable } from './records.ts';

/**
 * What stands at `offset`: a frame; the end (of the file, or zeros to the end); bytes that are no
 * frame (`reason`); a valid frame that only a newer version understands.
 */
export type ScanStep = 'frame' | 'end' | 'bad' | 'unsupported';

export interface ScannerOptions {
  /** Where to begin: a frame boundary. */
  readonly start: number;
  /** Where to stop, as if the file ended there; default: where it ends. */
  readonly limit?: number;
  /** Bytes per read; grows to the size of the largest frame. */
  readonly readBytes: number;
}

export class SegmentScanner {
  readonly header: FrameHeader = new FrameHeader();
  /** Where the frame read last begins, or where reading stopped. */
  offset: number;
  /** Where the next frame begins. */
  nextOffset: number;
  /** The memory that holds the frame, and where in it the frame begins. */
  buffer: Uint8Array;
  at = 0;
  /** After `bad`. */
  reason = '';
  /** After `end`: how many zeros stand there. */
  zeroBytes = 0;
  readonly #crypto: Crypto;
  readonly #file: File;
  readonly #seed: number;
  readonly #limit: number;
  readonly #table: RecordTable = new RecordTable();
  /** `buffer[0]` is the byte at this offset of the file; `#filled` bytes are there. */
  #bufferOffset: number;
  #filled = 0;
  #sawEnd = false;

  /** `seed` is `segmentSeed` of this segment. */
  constructor(crypto: Crypto, file: File, seed: number, options: ScannerOptions) {
    this.#crypto = crypto;
    this.#file = file;
    this.#seed = seed;
    this.#limit = options.limit ?? Number.MAX_SAFE_INTEGER;
    this.offset = options.start;
    this.nextOffset = options.start;
    this.#bufferOffset = options.start;
    this.buffer = allocateBytesUnsafe(Math.max(options.readBytes, 4096));
  }

  /** The records of the frame read last. */
  get records(): readonly LogRecord[] {
    return this.#table.records;
  }

  /** Moves on to the next frame. After anything but `frame` it stays where it is. */
  next(): ScanStep {
    this.offset = this.nextOffset;
    if (!this.#have(FRAME_HEADER_BYTES)) return this.#stop('cut short');
    const { header } = this;
    const fault = parseFrameHeader(
      this.buffer,
      this.at,
      placeSeed(this.#seed, this.offset),
      header,
    );
    if (fault === 'unsupported') return 'unsupported';
    if (fault !== undefined) return this.#stop(fault);
    if (!this.#have(header.frameBytes)) return this.#bad('cut short');
    if (!frameChecksumFits(this.#crypto, this.buffer, this.at, header)) {
      return this.#bad('frame checksum');
    }
    const payload = this.at + FRAME_HEADER_BYTES;
    const split = this.#table.split(this.buffer, payload, payload + header.payloadBytes);
    if (split === 'malformed') return this.#bad('records');
    if (split === 'unsupported') return 'unsupported';
    this.nextOffset = this.offset + header.frameBytes;
    return 'frame';
  }

  /** Forgets what was read beyond the place it stands at: the file may have grown or changed. */
  refresh(): void {
    this.#bufferOffset = this.nextOffset;
    this.#filled = 0;
    this.#sawEnd = false;
  }

  #bad(reason: string): ScanStep {
    this.reason = reason;
    return 'bad';
  }

  /** No frame header here: zeros to the end are the end, anything else is bad. */
  #stop(reason: string): ScanStep {
    let zeros = 0;
    let { at } = this;
    for (;;) {
      while (at < this.#filled) {
        if (this.buffer[at++] !== 0) {
          this.#rewind();
          return this.#bad(reason);
        }
        zeros++;
      }
      if (this.#sawEnd) break;
      this.#bufferOffset += this.#filled;
      this.#filled = 0;
      this.#fill();
      at = 0;
    }
    this.zeroBytes = zeros;
    this.#rewind();
    return 'end';
  }

  /** After looking ahead for zeros the buffer may be past our place. */
  #rewind(): void {
    if (this.#bufferOffset > this.offset) this.refresh();
  }

  /** Whether `count` bytes stand at `offset`; brings them into the buffer, at `at`. */
  #have(count: number): boolean {
    this.at = this.offset - this.#bufferOffset;
    if (this.at + count <= this.#filled) return true;
    if (this.#sawEnd) return false;
    this.#moveToFront(count);
    this.#fill();
    return count <= this.#filled;
  }

  #moveToFront(count: number): void {
    const kept = Math.max(0, this.#filled - this.at);
    if (count > this.buffer.length) {
      const grown = allocateBytesUnsafe(count + 4096);
      if (kept > 0) grown.set(this.buffer.subarray(this.at, this.#filled));
      this.buffer = grown;
    } else if (kept > 0) this.buffer.copyWithin(0, this.at, this.#filled);
    this.#bufferOffset = this.offset;
    this.#filled = kept;
    this.at = 0;
  }

  #fill(): void {
    while (this.#filled < this.buffer.length) {
      const position = this.#bufferOffset + this.#filled;
      const wanted = Math.min(this.buffer.length - this.#filled, this.#limit - position);
      const read = wanted > 0 ? this.#file.read(this.buffer, this.#filled, wanted, position) : 0;
      if (read === 0) {
        this.#sawEnd = true;
        return;
      }
      this.#filled += read;
    }
  }
}
