/**
 * Reads everything of a damaged log that can still be read: behind a bad frame it looks for the
 * next valid header in the same segment and goes on from there. What it gives is good by itself
 * (place, checksums, and the batch digest wherever the batch before it is known) and in ascending
 * order; whether it may be kept without what is missing between is for the caller. Changes nothing
 * on disk.
 */
import { type AdastraError, equalBytes, err, ok, type Result } from '../core/index.ts';
import { type Env, errorCode, type File } from '../env/index.ts';
import { type Batch, ScannedBatch } from './batch.ts';
import { segmentSeed } from './checksum.ts';
import { segmentName } from './format.ts';
import { FrameSealer } from './frame.ts';
import { LogChain } from './log-chain.ts';
import { upgradeError } from './log-error.ts';
import {
  guardDisk,
  listSegments,
  logPaths,
  readHeader,
  segmentPath,
  withFile,
} from './log-files.ts';
import { nextHeader } from './marks.ts';
import { leftOutOf } from './records.ts';
import type { SegmentHeader } from './segment-header.ts';
import { SegmentScanner } from './segment-scanner.ts';

const READ_BYTES = 1024 * 1024;

/** Which log the segments belong to; every checksum depends on it. */
export interface LogIdentity {
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
}

/** What comes by; every method is called in the order of the log. */
export interface SalvageVisitor {
  /** A readable segment header. */
  onHeader?(header: SegmentHeader): void;
  /** A good batch; what it holds is valid until this returns. */
  onBatch?(batch: Batch, previous: BatchBefore): void;
  /** Something could not be read here. */
  onGap?(): void;
}

/** First 8 bytes of the digest that a batch names before it, as two little-endian numbers. */
export interface BatchBefore {
  readonly previousLow: number;
  readonly previousHigh: number;
}

/** The log by the first header that can be read; `undefined` where none can. Throws disk errors. */
export function identifyLog(env: Env, directory: string): LogIdentity | undefined {
  const paths = logPaths(env, directory);
  for (const segment of listSegments(env, paths)) {
    const reading = withFile(env.fs, segmentPath(env, paths, segment), (file) =>
      readHeader(env, file),
    );
    if (reading.kind === 'header' && reading.header.segment === segment) {
      return { worldId: reading.header.worldId, logId: reading.header.logId };
    }
  }
  return undefined;
}

/** Goes through all that can be read. Errors: `upgrade_needed`, those of the disk. */
export function salvageLog(
  env: Env,
  directory: string,
  identity: LogIdentity,
  visitor: SalvageVisitor,
): Result<void, AdastraError> {
  const paths = logPaths(env, directory);
  return guardDisk('cannot read the log', paths.log, () => {
    const work = new Salvage(env, identity, visitor);
    let expected: number | undefined;
    for (const segment of listSegments(env, paths)) {
      if (expected !== undefined && segment !== expected) work.gap();
      expected = segment + 1;
      const failed = work.segment(segment, segmentPath(env, paths, segment));
      if (failed !== undefined) return err(failed);
    }
    return ok(undefined);
  });
}

class Salvage {
  readonly #env: Env;
  readonly #identity: LogIdentity;
  readonly #visitor: SalvageVisitor;
  readonly #sealer: FrameSealer;
  readonly #batch: ScannedBatch = new ScannedBatch();
  readonly #chain: LogChain = new LogChain();
  /** Whether the batch before the next one is known. */
  #unbroken = false;

  constructor(env: Env, identity: LogIdentity, visitor: SalvageVisitor) {
    this.#env = env;
    this.#identity = identity;
    this.#visitor = visitor;
    this.#sealer = new FrameSealer(env.crypto, identity.worldId);
    this.#chain.nextSeq = 0;
  }

  gap(): void {
    this.#unbroken = false;
    this.#visitor.onGap?.();
  }

  segment(segment: number, path: string): AdastraError | undefined {
    try {
      return withFile(this.#env.fs, path, (file) => this.#frames(segment, file));
    } catch (cause) {
      if (errorCode(cause) !== 'EIO') throw cause;
      // A disk that cannot read on here may still read the next segment.
      this.gap();
      return undefined;
    }
  }

  #frames(segment: number, file: File): AdastraError | undefined {
    const { worldId, logId } = this.#identity;
    const seed = segmentSeed(worldId, logId, segment);
    let start = this.#header(segment, file) ?? nextHeader(file, seed, 0);
    while (start !== undefined) {
      const scanner = new SegmentScanner(this.#env.crypto, file, seed, {
        start,
        readBytes: READ_BYTES,
      });
      const step = this.#run(segment, scanner);
      if (step === 'unsupported') return upgradeError(segmentName(segment), scanner.offset);
      if (step === 'end') return undefined;
      this.gap();
      start = nextHeader(file, seed, scanner.offset + 1);
    }
    return undefined;
  }

  /** Where frames begin; `undefined` without a header of this log. */
  #header(segment: number, file: File): number | undefined {
    const { worldId, logId } = this.#identity;
    const reading = readHeader(this.#env, file);
    if (reading.kind === 'header') {
      const { header, bytes } = reading;
      const isOurs = equalBytes(header.worldId, worldId) && equalBytes(header.logId, logId);
      const isPlaced = header.segment === segment && header.firstSeq >= this.#chain.nextSeq;
      const fault = this.#unbroken ? this.#chain.faultOfSegment(header) : undefined;
      if (isOurs && isPlaced) {
        if (fault !== undefined) this.gap();
        this.#chain.startAt(header);
        this.#unbroken = true;
        this.#visitor.onHeader?.(header);
        return bytes;
      }
    }
    this.gap();
    return undefined;
  }

  #run(segment: number, scanner: SegmentScanner): 'end' | 'bad' | 'unsupported' {
    const chain = this.#chain;
    const { header } = scanner;
    for (;;) {
      const step = scanner.next();
      if (step !== 'frame') return step;
      if (header.firstSeq < chain.nextSeq) return 'bad';
      if (!this.#unbroken) chain.startWithin(header.firstSeq, header.term);
      else if (chain.faultOfFrame(header) !== undefined || !this.#digestFits(scanner)) return 'bad';
      chain.advance(header);
      this.#unbroken = true;
      this.#visitor.onBatch?.(this.#batch.show(segment, scanner), header);
    }
  }

  #digestFits({ header, buffer, at, records }: SegmentScanner): boolean {
    const end = at + header.frameBytes;
    const start = end - header.payloadBytes;
    const place = { firstSeq: header.firstSeq, previousDigest: this.#chain.digest };
    const leftOut = leftOutOf(records);
    const digest = this.#sealer.digest(buffer, start, end, leftOut, header.count, place);
    return equalBytes(digest, header.digest);
  }
}
