/**
 * The records of a payload: where each begins and ends. Splitting allocates nothing once the table
 * has grown to the size of the largest batch: its records are used again for the next batch.
 */
import { readU32 } from '../core/index.ts';
import {
  BUNDLE_PREFIX_BYTES,
  CRITICAL_BIT,
  DIGEST_BYTES,
  isBundleKind,
  isKnownRecordKind,
  RECORD_HEADER_BYTES,
} from './format.ts';

/** One record: its kind byte (as in `RECORD_KIND`) and where its body lies. */
export interface LogRecord {
  readonly kind: number;
  readonly critical: boolean;
  readonly source: Uint8Array;
  readonly start: number;
  readonly end: number;
}

class RecordSlot implements LogRecord {
  kind = 0;
  critical = false;
  source: Uint8Array;
  start = 0;
  end = 0;

  constructor(source: Uint8Array) {
    this.source = source;
  }
}

/**
 * What splitting found: `unsupported` is a critical record of a kind that this code does not know.
 */
export type SplitOutcome = 'ok' | 'malformed' | 'unsupported';

export class RecordTable {
  /** The records of the payload that was split last. */
  readonly records: LogRecord[] = [];
  readonly #slots: RecordSlot[] = [];

  /** Splits `source[start…end)`. */
  split(source: Uint8Array, start: number, end: number): SplitOutcome {
    const { records } = this;
    let used = 0;
    let at = start;
    let outcome: SplitOutcome = 'ok';
    while (at < end) {
      if (end - at < RECORD_HEADER_BYTES) return 'malformed';
      const kind = source[at] as number;
      const length = readU32(source, at + 1);
      const body = at + RECORD_HEADER_BYTES;
      if (length > end - body) return 'malformed';
      if (isBundleKind(kind) && !isBundleBody(source, body, length)) return 'malformed';
      if (!isKnownRecordKind(kind) && kind >= CRITICAL_BIT) outcome = 'unsupported';
      records[used] = this.#fill(used, kind, source, body, body + length);
      used++;
      at = body + length;
    }
    if (records.length !== used) records.length = used;
    return outcome;
  }

  #fill(index: number, kind: number, source: Uint8Array, start: number, end: number): LogRecord {
    let slot = this.#slots[index];
    if (slot === undefined) {
      slot = new RecordSlot(source);
      this.#slots[index] = slot;
    }
    slot.kind = kind;
    slot.critical = kind >= CRITICAL_BIT;
    slot.source = source;
    slot.start = start;
    slot.end = end;
    return slot;
  }
}

function isBundleBody(source: Uint8Array, body: number, length: number): boolean {
  if (length < BUNDLE_PREFIX_BYTES) return false;
  return readU32(source, body + DIGEST_BYTES) <= length - BUNDLE_PREFIX_BYTES;
}

/** Where the authored bytes of a bundle record end; they begin at `start + BUNDLE_PREFIX_BYTES`. */
export function authoredEnd(record: LogRecord): number {
  return record.start + BUNDLE_PREFIX_BYTES + readU32(record.source, record.start + DIGEST_BYTES);
}

/** The stretches of a payload that its digest leaves out, as `BatchBuilder.leftOut`. */
export function leftOutOf(records: readonly LogRecord[]): number[] {
  const leftOut: number[] = [];
  for (const record of records) {
    if (!isBundleKind(record.kind)) continue;
    const start = record.start + BUNDLE_PREFIX_BYTES;
    const end = authoredEnd(record);
    if (end > start) leftOut.push(start, end);
  }
  return leftOut;
}
