/**
 * Goes through a log from a seq to its end and says how it ends: at a clean end, at a torn tail, or
 * at damage. Everything that opens a log (for writing, for reading, for repair) decides by this one
 * walk.
 *
 * The rule: whatever is bad where a commit at or below the highest mark would stand is damage to
 * committed data; above it, it is what a crash leaves of a batch that nobody was promised. Marks
 * come from all valid frames and headers, also from behind the bad place, and from outside
 * (`witnessSeq`). Changes nothing on disk.
 */
import type { AdastraError } from '../core/index.ts';
import { equalBytes } from '../core/index.ts';
import { err, ok, type Result } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { segmentSeed } from './checksum.ts';
import { RECORD_KIND, segmentName } from './format.ts';
import { FrameSealer } from './frame.ts';
import { LogChain } from './log-chain.ts';
import {
  damageError,
  type LogDamage,
  notInitializedError,
  upgradeError,
  worldError,
} from './log-error.ts';
import { listSegments, type LogPaths, readHeader, segmentPath, withFile } from './log-files.ts';
import { entryOf, SegmentEntry } from './log-index.ts';
import { lookBehind, lookThroughSegments } from './marks.ts';
import type { ResolvedLogOptions } from './options.ts';
import { leftOutOf } from './records.ts';
import type { SegmentHeader } from './segment-header.ts';
import { SegmentScanner } from './segment-scanner.ts';

export interface LogScanOptions {
  readonly paths: LogPaths;
  readonly options: ResolvedLogOptions;
  /** Segments wholly at or below it are not read, only their headers. */
  readonly fromSeq: number;
  /** Stops before the first batch that goes beyond it. */
  readonly untilSeq?: number;
  readonly worldId?: Uint8Array;
  readonly witnessSeq?: number;
  /** Recomputes every batch digest too. */
  readonly checkDigests?: boolean;
  onFrame?(segment: number, scanner: SegmentScanner): void;
}

/** Where and why reading had to stop. */
export interface BadPlace {
  readonly segment: number;
  readonly offset: number;
  readonly reason: string;
}

/** How a log stands. */
export interface LogScan {
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
  /** The header of the first segment that was read through. */
  readonly start: SegmentHeader;
  /** Segments that belong to the good prefix, each with where its frames end. */
  readonly entries: readonly SegmentEntry[];
  /** All segment numbers that are there. */
  readonly segments: readonly number[];
  /** Head, digest and term of the good prefix, and the highest mark of all. */
  readonly chain: LogChain;
  /** Whether its last record is a seal. */
  readonly sealed: boolean;
  readonly batchCount: number;
  readonly bad: BadPlace | undefined;
  /** Set where what is bad (or missing at the end) was committed. */
  readonly damage: LogDamage | undefined;
  /** The greatest seq named by any valid header, behind a bad place too. */
  readonly lastSeqSeen: number;
}

/** Walks the log. Errors: no log, another world, a newer version, a first header that is bad. */
export function scanLog(env: Env, options: LogScanOptions): Result<LogScan, AdastraError> {
  return new LogWalk(env, options).run();
}

interface OpenedSegment {
  readonly entry: SegmentEntry;
  readonly header: SegmentHeader;
}

class LogWalk {
  readonly #env: Env;
  readonly #options: LogScanOptions;
  readonly #chain: LogChain = new LogChain();
  readonly #opened: OpenedSegment[] = [];
  #segments: number[] = [];
  #bad: BadPlace | undefined;
  #error: AdastraError | undefined;
  #sealed = false;
  #batchCount = 0;
  /** Stopped by `untilSeq`. */
  #done = false;
  #walked = 0;
  #sealer: FrameSealer | undefined;

  constructor(env: Env, options: LogScanOptions) {
    this.#env = env;
    this.#options = options;
  }

  run(): Result<LogScan, AdastraError> {
    const { paths, fromSeq, witnessSeq, checkDigests } = this.#options;
    this.#segments = listSegments(this.#env, paths);
    if (this.#segments.length === 0) return err(notInitializedError(paths.data));
    this.#openHeaders();
    if (this.#error !== undefined) return err(this.#error);
    const entries = this.#opened.map((opened) => opened.entry);
    const first = entryOf(entries, fromSeq);
    const { header } = this.#opened[0] as OpenedSegment;
    if (checkDigests === true) this.#sealer = new FrameSealer(this.#env.crypto, header.worldId);
    this.#chain.sawMark(witnessSeq ?? 0);
    for (let index = first; index < entries.length && !this.#done; index++) {
      this.#walked = index + 1;
      if (!this.#walkSegment(this.#opened[index] as OpenedSegment, index === first)) break;
    }
    if (this.#error !== undefined) return err(this.#error);
    const start = (this.#opened[first] as OpenedSegment).header;
    return ok(this.#conclude(start, this.#keptEntries(entries)));
  }

  /** Reads headers in order, up to the first that cannot be one. */
  #openHeaders(): void {
    for (const number of this.#segments) {
      const path = segmentPath(this.#env, this.#options.paths, number);
      const stop = withFile(this.#env.fs, path, (file) => {
        const reading = readHeader(this.#env, file);
        if (reading.kind === 'unsupported') {
          this.#error = upgradeError(segmentName(number), 0);
          return true;
        }
        if (reading.kind !== 'header') {
          return this.#badSegment(number, reading.kind === 'bad' ? reading.reason : 'cut short');
        }
        const { header, bytes } = reading;
        const reason = this.#faultOfHeader(number, header);
        if (reason !== undefined) return this.#badSegment(number, reason);
        const size = file.stat().sizeBytes;
        this.#opened.push({ entry: new SegmentEntry(path, header, bytes, size), header });
        return false;
      });
      if (stop) return;
    }
  }

  #faultOfHeader(number: number, header: SegmentHeader): string | undefined {
    const first = this.#opened[0]?.header;
    const { worldId } = this.#options;
    if (first === undefined && worldId !== undefined && !equalBytes(worldId, header.worldId)) {
      this.#error = worldError(segmentName(number), worldId, header.worldId);
      return 'another world';
    }
    if (header.segment !== number) return `this is segment ${header.segment}`;
    if (first === undefined) return undefined;
    if (!equalBytes(first.worldId, header.worldId)) return 'another world';
    if (!equalBytes(first.logId, header.logId)) return 'another log';
    if (number !== first.segment + this.#opened.length) return 'a segment before it is missing';
    return undefined;
  }

  #badSegment(segment: number, reason: string): true {
    this.#bad = { segment, offset: 0, reason };
    if (this.#opened.length > 0 || this.#error !== undefined) return true;
    const markSeq = this.#options.witnessSeq ?? 0;
    const damage = { file: segmentName(segment), offset: 0, reason, lastGoodSeq: 0, markSeq };
    this.#error = damageError(this.#options.paths.data, damage);
    return true;
  }

  /** Whether the walk can go on with the next segment. */
  #walkSegment(opened: OpenedSegment, isFirst: boolean): boolean {
    const { entry, header } = opened;
    if (isFirst) this.#chain.startAt(header);
    else {
      const reason = this.#chain.faultOfSegment(header);
      if (reason !== undefined) return this.#stopAt(entry, 0, reason);
      this.#chain.term = header.term;
      this.#chain.sawMark(header.syncedThrough);
    }
    return withFile(this.#env.fs, entry.path, (file) => {
      const seed = segmentSeed(header.worldId, header.logId, entry.number);
      const start = entry.headerBytes;
      // No more memory than the file has bytes: opening a small log is cheap.
      const room = Math.max(entry.bytes - start, 1);
      const readBytes = Math.min(this.#options.options.readBytes, room);
      const scanner = new SegmentScanner(this.#env.crypto, file, seed, { start, readBytes });
      return this.#walkFrames(entry, scanner);
    });
  }

  #walkFrames(entry: SegmentEntry, scanner: SegmentScanner): boolean {
    const chain = this.#chain;
    const { untilSeq, onFrame } = this.#options;
    for (;;) {
      const step = scanner.next();
      if (step !== 'frame') {
        entry.bytes = scanner.offset;
        if (step === 'end') return true;
        if (step === 'bad') return this.#stopAt(entry, scanner.offset, scanner.reason);
        this.#error = upgradeError(segmentName(entry.number), scanner.offset);
        return false;
      }
      const { header } = scanner;
      const fault = chain.faultOfFrame(header) ?? this.#faultOfDigest(scanner);
      if (fault !== undefined) return this.#stopAt(entry, scanner.offset, fault);
      if (untilSeq !== undefined && header.lastSeq > untilSeq) {
        entry.bytes = scanner.offset;
        this.#done = true;
        return true;
      }
      chain.advance(header);
      entry.note(header.firstSeq, scanner.offset);
      this.#batchCount++;
      this.#sealed = scanner.records.at(-1)?.kind === RECORD_KIND.seal;
      if (onFrame !== undefined) onFrame(entry.number, scanner);
    }
  }

  #faultOfDigest(scanner: SegmentScanner): string | undefined {
    if (this.#sealer === undefined) return undefined;
    const { header, buffer, at } = scanner;
    const end = at + header.frameBytes;
    const place = { firstSeq: header.firstSeq, previousDigest: this.#chain.digest };
    const leftOut = leftOutOf(scanner.records);
    const start = end - header.payloadBytes;
    const digest = this.#sealer.digest(buffer, start, end, leftOut, header.count, place);
    return equalBytes(digest, header.digest) ? undefined : 'batch digest';
  }

  #stopAt(entry: SegmentEntry, offset: number, reason: string): false {
    entry.bytes = offset;
    this.#bad = { segment: entry.number, offset, reason };
    return false;
  }

  /** Up to the segment that holds the end of the good prefix. */
  #keptEntries(entries: readonly SegmentEntry[]): SegmentEntry[] {
    const bad = this.#bad;
    if (this.#done) return entries.slice(0, this.#walked);
    if (bad === undefined) return entries.slice();
    return entries.filter(
      (entry) => entry.number < bad.segment || (entry.number === bad.segment && bad.offset > 0),
    );
  }

  #conclude(start: SegmentHeader, entries: SegmentEntry[]): LogScan {
    const { worldId, logId } = start;
    const chain = this.#chain;
    const bad = this.#bad;
    let lastSeqSeen = chain.headSeq;
    if (bad !== undefined) lastSeqSeen = Math.max(lastSeqSeen, this.#lookBehind(bad, start));
    return {
      worldId,
      logId,
      start,
      entries,
      segments: this.#segments,
      chain,
      sealed: this.#sealed && bad === undefined,
      batchCount: this.#batchCount,
      bad,
      damage: this.#done ? undefined : this.#damage(entries),
      lastSeqSeen,
    };
  }

  #lookBehind(bad: BadPlace, header: SegmentHeader): number {
    const { paths } = this.#options;
    const env = this.#env;
    const seed = segmentSeed(header.worldId, header.logId, bad.segment);
    const path = segmentPath(env, paths, bad.segment);
    const here = withFile(env.fs, path, (file) => lookBehind(file, seed, bad.offset));
    const later = this.#segments.filter((segment) => segment > bad.segment);
    const beyond = lookThroughSegments(env, paths, header, later);
    this.#chain.sawMark(Math.max(here.mark, beyond.mark));
    return Math.max(here.lastSeq, beyond.lastSeq);
  }

  #damage(entries: readonly SegmentEntry[]): LogDamage | undefined {
    const { headSeq, mark } = this.#chain;
    if (mark <= headSeq) return undefined;
    const last = entries.at(-1) as SegmentEntry;
    const bad = this.#bad ?? {
      segment: last.number,
      offset: last.bytes,
      reason: `the log ends before seq ${mark}, which was synced`,
    };
    return {
      file: segmentName(bad.segment),
      offset: bad.offset,
      reason: bad.reason,
      lastGoodSeq: headSeq,
      markSeq: mark,
    };
  }
}
