/**
 * A bundle record of the log, taken apart: chain digest, authored bytes, local part.
 */
import { MalformedBytes, readU32 } from '../../core/index.ts';
import { type LogRecord, RECORD_KIND } from '../../wal/index.ts';

const DIGEST_BYTES = 32;

export interface BundleRecord {
  readonly received: boolean;
  readonly source: Uint8Array;
  readonly digestStart: number;
  readonly authoredStart: number;
  readonly authoredEnd: number;
  readonly localEnd: number;
}

/** `undefined` for a record that holds no bundle. */
export function bundleRecord(record: LogRecord): BundleRecord | undefined {
  const { kind, source, start, end } = record;
  if (kind !== RECORD_KIND.ownBundle && kind !== RECORD_KIND.receivedBundle) return undefined;
  const authoredStart = start + DIGEST_BYTES + 4;
  if (authoredStart > end) throw new MalformedBytes('bundle record too short');
  const authoredEnd = authoredStart + readU32(source, start + DIGEST_BYTES);
  if (authoredEnd > end) throw new MalformedBytes('bundle longer than its record');
  const received = kind === RECORD_KIND.receivedBundle;
  return { received, source, digestStart: start, authoredStart, authoredEnd, localEnd: end };
}
