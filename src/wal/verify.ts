/**
 * Reads a whole log and checks everything that it says: headers, both checksums of every frame, the
 * chain, every batch digest, record shapes, and, with `checkBundle`, what the store knows of
 * bundles. It goes on behind a bad place, so one run names all of them.
 *
 * It works in slices (a generator that yields after about 1 MiB), so that a node can run it in the
 * background beside a writer, and changes nothing.
 */
import { equalBytes } from '../core/index.ts';
import { type Env, errorCode, type File } from '../env/index.ts';
import { segmentSeed } from './checksum.ts';
import { BUNDLE_PREFIX_BYTES, DIGEST_BYTES, isBundleKind, segmentName } from './format.ts';
import { FrameSealer } from './frame.ts';
import { LogChain } from './log-chain.ts';
import { listSegments, type LogPaths, logPaths, readHeader, segmentPath } from './log-files.ts';
import { lookBehind } from './marks.ts';
import { authoredEnd, leftOutOf } from './records.ts';
import type { SegmentHeader } from './segment-header.ts';
import { SegmentScanner } from './segment-scanner.ts';

export interface VerifyOptions {
  readonly worldId?: Uint8Array;
  /**
   * Why a bundle is not what its chain digest says, or `undefined`; views, valid inside the call.
   */
  readonly checkBundle?: (authored: Uint8Array, chainDigest: Uint8Array) => string | undefined;
}

export interface VerifyProblem {
  readonly file: string;
  readonly offset: number;
  readonly reason: string;
  /** The first seq that cannot be read there. */
  readonly seq: number;
  /** `torn` is what a crash, or a writer that is at it right now, leaves above the highest mark. */
  readonly severity: 'damage' | 'torn';
}

export interface VerifyReport {
  /** Whether nothing is damaged; a torn tail is none. */
  readonly ok: boolean;
  readonly segments: number;
  readonly batches: number;
  readonly bytes: number;
  readonly headSeq: number;
  readonly markSeq: number;
  readonly problems: readonly VerifyProblem[];
}

/** How far it is, after each slice. */
export interface VerifyProgress {
  readonly segment: number;
  readonly bytes: number;
  readonly bytesTotal: number;
}

const SLICE_BYTES = 1024 * 1024;
/** More than this many problems are not listed: the log is lost anyway. */
const PROBLEMS_MAX = 1000;

/** Verifies the log in `<directory>/log`, slice by slice; returns the report. */
export function verifyLog(
  env: Env,
  directory: string,
  options: VerifyOptions = {},
): Generator<VerifyProgress, VerifyReport, undefined> {
  return new Verification(env, logPaths(env, directory), options).run();
}

class Verification {
  readonly #env: Env;
  readonly #paths: LogPaths;
  readonly #options: VerifyOptions;
  readonly #chain: LogChain = new LogChain();
  readonly #problems: Omit<VerifyProblem, 'severity'>[] = [];
  #first: SegmentHeader | undefined;
  #sealer: FrameSealer | undefined;
  #batches = 0;
  #bytes = 0;
  #bytesTotal = 0;
  /** Whether the chain is unbroken up to here, so that digests can be recomputed. */
  #unbroken = false;

  constructor(env: Env, paths: LogPaths, options: VerifyOptions) {
    this.#env = env;
    this.#paths = paths;
    this.#options = options;
  }

  *run(): Generator<VerifyProgress, VerifyReport, undefined> {
    const segments = listSegments(this.#env, this.#paths);
    const path = (segment: number): string => segmentPath(this.#env, this.#paths, segment);
    for (const segment of segments) {
      this.#bytesTotal += this.#env.fs.stat(path(segment))?.sizeBytes ?? 0;
    }
    if (segments.length === 0) this.#problem('log', 0, 'there is no log');
    let expected = segments[0] ?? 0;
    for (const segment of segments) {
      if (segment !== expected) this.#problem(segmentName(expected), 0, 'the segment is missing');
      expected = segment + 1;
      try {
        yield* this.#checkSegment(segment, path(segment));
      } catch (cause) {
        const code = errorCode(cause);
        if (code === undefined) throw cause;
        this.#problem(segmentName(segment), 0, `cannot be read: ${code}`);
      }
    }
    return this.#report(segments.length);
  }

  *#checkSegment(segment: number, path: string): Generator<VerifyProgress, void, undefined> {
    const file = this.#env.fs.open(path, 'read');
    try {
      const size = file.stat().sizeBytes;
      const start = this.#checkHeader(segment, file);
      if (start > 0) yield* this.#checkFrames(segment, file, start, size);
      this.#bytes += size;
    } finally {
      file.close();
    }
    yield this.#progress(segment);
  }

  /** Returns where frames begin, 0 where they cannot be checked. */
  #checkHeader(segment: number, file: File): number {
    const name = segmentName(segment);
    const reading = readHeader(this.#env, file);
    if (reading.kind !== 'header') {
      const reason = reading.kind === 'bad' ? reading.reason : 'written by a newer version';
      this.#problem(name, 0, reason);
      this.#unbroken = false;
      return 0;
    }
    const { header, bytes } = reading;
    const worldId = this.#options.worldId ?? this.#first?.worldId ?? header.worldId;
    if (!equalBytes(worldId, header.worldId)) this.#problem(name, 0, 'another world');
    if (this.#first !== undefined && !equalBytes(this.#first.logId, header.logId)) {
      this.#problem(name, 0, 'another log');
    }
    if (header.segment !== segment) this.#problem(name, 0, `this is segment ${header.segment}`);
    const fault = this.#unbroken ? this.#chain.faultOfSegment(header) : undefined;
    if (fault !== undefined) this.#problem(name, 0, fault);
    this.#first ??= header;
    this.#sealer ??= new FrameSealer(this.#env.crypto, header.worldId);
    this.#chain.startAt(header);
    this.#unbroken = true;
    return bytes;
  }

  *#checkFrames(
    segment: number,
    file: File,
    begin: number,
    limit: number,
  ): Generator<VerifyProgress, void, undefined> {
    const { worldId, logId } = this.#first as SegmentHeader;
    const seed = segmentSeed(worldId, logId, segment);
    const name = segmentName(segment);
    let start: number | undefined = begin;
    while (start !== undefined) {
      const scanner: SegmentScanner = new SegmentScanner(this.#env.crypto, file, seed, {
        start,
        limit,
        readBytes: SLICE_BYTES,
      });
      const stop = yield* this.#checkRun(segment, scanner);
      if (stop === undefined || this.#problems.length >= PROBLEMS_MAX) return;
      this.#problem(name, scanner.offset, stop);
      this.#unbroken = false;
      start = lookBehind(file, seed, scanner.offset + 1).firstOffset;
    }
  }

  /** Checks frames until one is bad (returns why) or they end. */
  *#checkRun(
    segment: number,
    scanner: SegmentScanner,
  ): Generator<VerifyProgress, string | undefined, undefined> {
    let sliceEnd = scanner.nextOffset + SLICE_BYTES;
    for (;;) {
      const step = scanner.next();
      if (step === 'end') return undefined;
      if (step === 'bad') return scanner.reason;
      if (step === 'unsupported') return 'written by a newer version';
      const { header } = scanner;
      if (!this.#unbroken) this.#chain.startWithin(header.firstSeq, header.term);
      const fault = this.#chain.faultOfFrame(header);
      if (fault !== undefined) {
        this.#problem(segmentName(segment), scanner.offset, fault);
        this.#unbroken = false;
      }
      this.#checkContent(segment, scanner);
      this.#chain.advance(header);
      this.#unbroken = true;
      this.#batches++;
      if (scanner.nextOffset < sliceEnd) continue;
      sliceEnd = scanner.nextOffset + SLICE_BYTES;
      yield this.#progress(segment, scanner.nextOffset);
    }
  }

  #checkContent(segment: number, scanner: SegmentScanner): void {
    const { header, buffer, at, records } = scanner;
    const name = segmentName(segment);
    if (this.#unbroken) {
      const end = at + header.frameBytes;
      const start = end - header.payloadBytes;
      const place = { firstSeq: header.firstSeq, previousDigest: this.#chain.digest };
      const sealer = this.#sealer as FrameSealer;
      const digest = sealer.digest(buffer, start, end, leftOutOf(records), header.count, place);
      if (!equalBytes(digest, header.digest)) this.#problem(name, scanner.offset, 'batch digest');
    }
    const { checkBundle } = this.#options;
    if (checkBundle === undefined) return;
    for (const record of records) {
      if (!isBundleKind(record.kind)) continue;
      const { source, start } = record;
      const authored = source.subarray(start + BUNDLE_PREFIX_BYTES, authoredEnd(record));
      const reason = checkBundle(authored, source.subarray(start, start + DIGEST_BYTES));
      if (reason !== undefined) this.#problem(name, scanner.offset, reason);
    }
  }

  #problem(file: string, offset: number, reason: string): void {
    if (this.#problems.length >= PROBLEMS_MAX) return;
    this.#problems.push({ file, offset, reason, seq: this.#chain.nextSeq });
  }

  #progress(segment: number, within = 0): VerifyProgress {
    return { segment, bytes: this.#bytes + within, bytesTotal: this.#bytesTotal };
  }

  #report(segments: number): VerifyReport {
    const { mark, headSeq } = this.#chain;
    const problems = this.#problems.map((problem): VerifyProblem => {
      const severity = problem.seq > mark && segments > 0 ? 'torn' : 'damage';
      return { ...problem, severity };
    });
    return {
      ok: problems.every((problem) => problem.severity === 'torn'),
      segments,
      batches: this.#batches,
      bytes: this.#bytes,
      headSeq,
      markSeq: mark,
      problems,
    };
  }
}
