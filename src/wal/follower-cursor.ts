/**
 * One place in a log that somebody else writes: an open segment, its scanner, and the chain up to
 * it. It waits at whatever is not a whole next batch, and moves on to the next segment once that is
 * there. Errors of the file system pass through.
 */
import type { Env, File } from '../env/index.ts';
import { segmentSeed } from './checksum.ts';
import { LogChain } from './log-chain.ts';
import { listSegments, type LogPaths, readHeader, segmentPath } from './log-files.ts';
import { lookBehind, lookThroughSegments } from './marks.ts';
import type { SegmentHeader } from './segment-header.ts';
import { SegmentScanner } from './segment-scanner.ts';

const READ_BYTES = 256 * 1024;

/** What came of opening a segment. */
export type Opening =
  | { readonly kind: 'cursor'; readonly cursor: FollowerCursor; readonly header: SegmentHeader }
  | { readonly kind: 'bad' }
  | { readonly kind: 'unsupported'; readonly segment: number };

export class FollowerCursor {
  readonly chain: LogChain = new LogChain();
  scanner: SegmentScanner;
  segment: number;
  /** Why it waits, where bytes stand that are no frame; `undefined` at a plain end. */
  reason: string | undefined;
  readonly #env: Env;
  readonly #paths: LogPaths;
  #file: File;
  #header: SegmentHeader;
  /** Whether the frame at the scanner was seen and not yet taken. */
  #held = false;

  constructor(env: Env, paths: LogPaths, file: File, header: SegmentHeader, headerBytes: number) {
    this.#env = env;
    this.#paths = paths;
    this.#file = file;
    this.#header = header;
    this.segment = header.segment;
    this.chain.startAt(header);
    this.scanner = newScanner(env, file, header, headerBytes);
  }

  /** Opens a segment at its beginning. */
  static open(env: Env, paths: LogPaths, segment: number): Opening {
    const file = env.fs.open(segmentPath(env, paths, segment), 'read');
    const reading = readHeader(env, file);
    if (reading.kind === 'header' && reading.header.segment === segment) {
      const { header, bytes } = reading;
      return {
        kind: 'cursor',
        cursor: new FollowerCursor(env, paths, file, header, bytes),
        header,
      };
    }
    file.close();
    return reading.kind === 'unsupported' ? { kind: 'unsupported', segment } : { kind: 'bad' };
  }

  get fileBytes(): number {
    return this.#file.stat().sizeBytes;
  }

  /** The header of the segment it stands in. */
  get header(): SegmentHeader {
    return this.#header;
  }

  /** Where what was taken ends. */
  get offset(): number {
    return this.#held ? this.scanner.offset : this.scanner.nextOffset;
  }

  /** Another one at the same place. */
  copy(): FollowerCursor {
    const file = this.#env.fs.open(segmentPath(this.#env, this.#paths, this.segment), 'read');
    const cursor = new FollowerCursor(this.#env, this.#paths, file, this.#header, this.offset);
    cursor.chain.standAt(this.chain);
    return cursor;
  }

  /**
   * Whether its segment's name still leads to the file that is open, and all that was read of it is
   * still there.
   */
  isCurrent(): boolean {
    const named = this.#env.fs.stat(segmentPath(this.#env, this.#paths, this.segment));
    if (named === undefined) return false;
    const opened = this.#file.stat();
    if (opened.sizeBytes < this.scanner.nextOffset) return false;
    return named.inode === opened.inode && named.device === opened.device;
  }

  /** There is more than what was there when it read last. */
  expectMore(): void {
    if (!this.#held) this.scanner.refresh();
  }

  /** Looks at the next batch; the same one again until `take`. */
  next(): 'frame' | 'wait' | 'unsupported' {
    if (this.#held) return 'frame';
    for (;;) {
      let step = this.scanner.next();
      if (step !== 'frame') {
        // What was read may be older than what is there now.
        this.scanner.refresh();
        step = this.scanner.next();
      }
      if (step === 'unsupported') return 'unsupported';
      if (step === 'frame') return this.#look();
      this.reason = step === 'bad' ? this.scanner.reason : undefined;
      if (!this.#enterNext()) return 'wait';
    }
  }

  /** Moves over the batch that `next` showed. */
  take(): void {
    this.chain.advance(this.scanner.header);
    this.#held = false;
  }

  /** The highest mark behind the place where it waits. */
  markBehind(): number {
    const { worldId, logId } = this.#header;
    const seed = segmentSeed(worldId, logId, this.segment);
    const here = lookBehind(this.#file, seed, this.scanner.offset);
    const later = listSegments(this.#env, this.#paths).filter((number) => number > this.segment);
    const beyond = lookThroughSegments(this.#env, this.#paths, this.#header, later);
    return Math.max(here.mark, beyond.mark);
  }

  close(): void {
    this.#file.close();
  }

  #look(): 'frame' | 'wait' {
    const fault = this.chain.faultOfFrame(this.scanner.header);
    if (fault === undefined) {
      this.#held = true;
      return 'frame';
    }
    this.reason = fault;
    this.scanner.nextOffset = this.scanner.offset;
    return 'wait';
  }

  /** At the end: a next segment that goes on from here is entered. */
  #enterNext(): boolean {
    const path = segmentPath(this.#env, this.#paths, this.segment + 1);
    if (this.#env.fs.stat(path) === undefined) return false;
    // It was made after the last write to this one, so this one is complete now: look once more.
    this.scanner.refresh();
    if (this.scanner.next() === 'frame') {
      this.scanner.nextOffset = this.scanner.offset;
      return true;
    }
    const opening = FollowerCursor.open(this.#env, this.#paths, this.segment + 1);
    if (opening.kind !== 'cursor') return false;
    if (this.chain.faultOfSegment(opening.header) !== undefined) {
      opening.cursor.close();
      return false;
    }
    this.#file.close();
    this.#adopt(opening.cursor);
    return true;
  }

  #adopt(next: FollowerCursor): void {
    this.#file = next.#file;
    this.#header = next.#header;
    this.scanner = next.scanner;
    this.segment = next.segment;
    this.chain.term = next.#header.term;
    this.chain.sawMark(next.#header.syncedThrough);
  }
}

function newScanner(env: Env, file: File, header: SegmentHeader, start: number): SegmentScanner {
  const seed = segmentSeed(header.worldId, header.logId, header.segment);
  return new SegmentScanner(env.crypto, file, seed, { start, readBytes: READ_BYTES });
}
