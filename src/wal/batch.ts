/**
 * One batch as a reader sees it. Readers that go over many batches hand out the same object again
 * and again: what it holds, and the bytes behind its records, are valid until the next batch is
 * asked for. `copyBatch` makes one that lasts.
 */
import { allocateBytesUnsafe } from '../core/index.ts';
import { RecordTable, type LogRecord } from './records.ts';
import type { SegmentScanner } from './segment-scanner.ts';
import { FRAME_HEADER_BYTES } from './format.ts';

export interface Batch {
  readonly segment: number;
  /** Where its frame begins in the segment file. */
  readonly offset: number;
  /** Bytes of its frame. */
  readonly frameBytes: number;
  readonly term: number;
  /** The first seq that it takes; for one that takes none, the next seq that would be given. */
  readonly firstSeq: number;
  /** How many seqs it takes; 0 for local notes. */
  readonly count: number;
  /** The log up to this seq was synced when this batch was written. */
  readonly syncedThrough: number;
  readonly digest: Uint8Array;
  readonly records: readonly LogRecord[];
}

/** The batch that a reader hands out again and again. */
export class ScannedBatch implements Batch {
  segment = 0;
  offset = 0;
  frameBytes = 0;
  term = 0;
  firstSeq = 0;
  count = 0;
  syncedThrough = 0;
  digest: Uint8Array = new Uint8Array(0);
  records: readonly LogRecord[] = [];

  /** Takes over the frame at which `scanner` stands. */
  show(segment: number, scanner: SegmentScanner): this {
    const { header } = scanner;
    this.segment = segment;
    this.offset = scanner.offset;
    this.frameBytes = header.frameBytes;
    this.term = header.term;
    this.firstSeq = header.firstSeq;
    this.count = header.count;
    this.syncedThrough = header.syncedThrough;
    this.digest = header.digest;
    this.records = scanner.records;
    return this;
  }
}

/** A batch of its own memory, from the frame at which `scanner` stands. */
export function copyBatch(segment: number, scanner: SegmentScanner): Batch {
  const { header, at, buffer } = scanner;
  const start = at + FRAME_HEADER_BYTES;
  // Not `slice`: on a Buffer that is a view.
  const payload = allocateBytesUnsafe(header.payloadBytes);
  payload.set(buffer.subarray(start, start + header.payloadBytes));
  const table = new RecordTable();
  table.split(payload, 0, payload.length);
  const batch = new ScannedBatch().show(segment, scanner);
  batch.digest = header.digest.slice();
  batch.records = table.records;
  return batch;
}

/**
 * Whether a reader that wants all after `seq` needs this batch; notes right behind it count too.
 */
export function isAfter(header: { firstSeq: number; count: number }, seq: number): boolean {
  return header.firstSeq + Math.max(header.count, 1) - 1 > seq;
}
