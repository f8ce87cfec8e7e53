/**
 * Reads batches of a log from a seq on, by the positions known, for as far as the entries reach.
 * Used by the writer's own reads and by read-only openers. What it finds bad was good before: it
 * throws `log_damaged`.
 */
import { AdastraError } from '../core/index.ts';
import { type Env, errorCode, type File } from '../env/index.ts';
import { type Batch, ScannedBatch } from './batch.ts';
import { segmentSeed } from './checksum.ts';
import { segmentName } from './format.ts';
import { LogChain } from './log-chain.ts';
import { damageError, diskError, type LogDamage } from './log-error.ts';
import { entryOf, type SegmentEntry } from './log-index.ts';
import { SegmentScanner } from './segment-scanner.ts';

/** Small at first: most reads want one batch. */
const FIRST_READ_BYTES = 128 * 1024;

export interface ReadSource {
  readonly env: Env;
  readonly directory: string;
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
  /** Live: their `bytes` grow while the log is written. */
  readonly entries: readonly SegmentEntry[];
}

/** Batches whose last seq is at or above `fromSeq` and whose first is at or below `toSeq`. */
export function* readBatches(
  source: ReadSource,
  fromSeq: number,
  toSeq: number,
): Generator<Batch, void, undefined> {
  const first = source.entries[0];
  if (first === undefined || toSeq < fromSeq) return;
  if (fromSeq < first.firstSeq) throw truncatedError(fromSeq, first.firstSeq);
  const batch = new ScannedBatch();
  const chain = new LogChain();
  // By number, not by place: retention may drop entries at the front while this is reading.
  let number = (source.entries[entryOf(source.entries, fromSeq)] as SegmentEntry).number;
  for (; ; number++) {
    const oldest = source.entries[0] as SegmentEntry;
    if (number < oldest.number) throw truncatedError(chain.nextSeq, oldest.firstSeq);
    const entry = source.entries[number - oldest.number];
    if (entry === undefined) return;
    const file = openEntry(source, entry);
    try {
      const scanner = startScanner(source, entry, file, fromSeq, chain);
      for (;;) {
        const step = nextStep(scanner, entry);
        if (step === 'end') break;
        if (step === 'upgrade') throw damage(source, entry, scanner, 'unknown record', chain);
        const { header } = scanner;
        const fault = step === 'bad' ? scanner.reason : chain.faultOfFrame(header);
        if (fault !== undefined) throw damage(source, entry, scanner, fault, chain);
        chain.advance(header);
        entry.note(header.firstSeq, scanner.offset);
        if (header.firstSeq > toSeq) return;
        if (header.lastSeq >= fromSeq) yield batch.show(entry.number, scanner);
      }
    } finally {
      file.close();
    }
  }
}

function nextStep(
  scanner: SegmentScanner,
  entry: SegmentEntry,
): 'frame' | 'end' | 'bad' | 'upgrade' {
  try {
    const step = scanner.next();
    return step === 'unsupported' ? 'upgrade' : step;
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    throw diskError(cause, 'cannot read the log', entry.path);
  }
}

function openEntry(source: ReadSource, entry: SegmentEntry): File {
  try {
    return source.env.fs.open(entry.path, 'read');
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    throw diskError(cause, 'cannot read the log', entry.path);
  }
}

function startScanner(
  source: ReadSource,
  entry: SegmentEntry,
  file: File,
  fromSeq: number,
  chain: LogChain,
): SegmentScanner {
  const place = entry.firstSeq >= fromSeq ? undefined : entry.placeBefore(fromSeq);
  const start = place?.offset ?? entry.headerBytes;
  chain.startWithin(place?.firstSeq ?? entry.firstSeq, 0);
  const seed = segmentSeed(source.worldId, source.logId, entry.number);
  const readBytes = Math.min(FIRST_READ_BYTES, Math.max(entry.bytes - start, 1));
  return new SegmentScanner(source.env.crypto, file, seed, {
    start,
    limit: entry.bytes,
    readBytes,
  });
}

function damage(
  source: ReadSource,
  entry: SegmentEntry,
  scanner: SegmentScanner,
  reason: string,
  chain: LogChain,
): AdastraError {
  const found: LogDamage = {
    file: segmentName(entry.number),
    offset: scanner.offset,
    reason,
    lastGoodSeq: chain.headSeq,
    markSeq: chain.mark,
  };
  return damageError(source.directory, found);
}

function truncatedError(seq: number, firstSeq: number): AdastraError {
  return new AdastraError('history_truncated', `the log begins with seq ${firstSeq}`, {
    hint: 'Retention removed what was before; ask for a later seq.',
    details: { seq, firstSeq },
  });
}
