/**
 * The end of a log that is open for writing: the newest segment's file, the index of all segments,
 * and the step from one segment to the next. It knows places, not seqs or outcomes; the log decides
 * what a failure means.
 */
import type { Env } from '../env/index.ts';
import { placeSeed, segmentSeed } from './checksum.ts';
import type { LogEnd } from './commit-log.ts';
import { segmentName } from './format.ts';
import { type LogPaths, type PlaceFailure, placeFile, segmentPath, writeAll } from './log-files.ts';
import { SegmentEntry } from './log-index.ts';
import type { ResolvedLogOptions } from './options.ts';
import { encodeSegmentHeader, type SegmentHeader } from './segment-header.ts';
import { TailFile } from './tail-file.ts';

/** Batches below this many bytes, on average, are worth writing zeros ahead for. */
const SMALL_BATCH_BYTES = 16 * 1024;

export class LogTail {
  /** All segments, oldest first; the last one is being written. */
  readonly entries: SegmentEntry[];
  readonly #env: Env;
  readonly #paths: LogPaths;
  #entry: SegmentEntry;
  #file: TailFile;
  #seed = 0;
  #batchBytesMean = 0;

  /** Throws errors of the file system. */
  constructor(env: Env, paths: LogPaths, entries: SegmentEntry[]) {
    this.#env = env;
    this.#paths = paths;
    this.entries = entries;
    this.#entry = entries.at(-1) as SegmentEntry;
    this.#file = new TailFile(env, this.#entry.path, this.#entry.bytes);
  }

  get segment(): number {
    return this.#entry.number;
  }

  get path(): string {
    return this.#entry.path;
  }

  /** Whether no frame stands in the newest segment. */
  get isEmpty(): boolean {
    return this.#file.end === this.#entry.headerBytes;
  }

  /** Where the next frame goes. */
  get end(): number {
    return this.#file.end;
  }

  get place(): LogEnd {
    return { segment: this.#entry.number, bytes: this.#file.end };
  }

  /** Whether anything, zeros or rests, stands behind the end. */
  get hasRoom(): boolean {
    return this.#file.hasRoom;
  }

  /** Ids of the log that the place of every frame is seeded with; before the first write. */
  identify(worldId: Uint8Array, logId: Uint8Array): void {
    this.#seed = segmentSeed(worldId, logId, this.#entry.number);
  }

  placeSeed(): number {
    return placeSeed(this.#seed, this.#file.end);
  }

  write(source: Uint8Array, length: number): void {
    this.#file.write(source, length);
  }

  /** What was written is whole: a frame of `length` bytes that begins with `firstSeq`. */
  advance(firstSeq: number, length: number): void {
    const file = this.#file;
    this.#entry.note(firstSeq, file.end);
    file.end += length;
    this.#entry.bytes = file.end;
  }

  /** Writes zeros ahead of small batches that are flushed, where the segment has room. */
  makeRoom(frameBytes: number, synced: boolean, options: ResolvedLogOptions): void {
    this.#batchBytesMean += (frameBytes - this.#batchBytesMean) / 8;
    if (!synced || frameBytes >= SMALL_BATCH_BYTES || this.#batchBytesMean >= SMALL_BATCH_BYTES) {
      return;
    }
    const chunk = Math.min(options.preallocateBytes, options.segmentBytes - this.end);
    if (chunk >= frameBytes) this.#file.writeZerosAhead(frameBytes, chunk);
  }

  cutToEnd(): void {
    this.#file.cutToEnd();
  }

  /** Cuts off what stands behind the end, if the disk lets us; zeros there mean nothing. */
  tryCut(): void {
    try {
      this.#file.cutToEnd();
    } catch {
      // They stay, as they would after a crash.
    }
  }

  /** Takes the frame that begins at `end` back, as far as the disk lets us. */
  tryReturnTo(end: number): void {
    this.#file.end = end;
    this.#entry.bytes = end;
    this.tryCut();
  }

  sync(): void {
    this.#file.sync();
  }

  syncAsync(done: (error: Error | undefined) => void): void {
    this.#file.syncAsync(done);
  }

  strangeness(): string | undefined {
    return this.#file.strangeness();
  }

  /** Puts a new segment in place and moves on to it. The old one is synced. */
  rotate(header: SegmentHeader): PlaceFailure | undefined {
    const bytes = encodeSegmentHeader(this.#env.crypto, header);
    const name = segmentName(header.segment);
    const failure = placeFile(this.#env.fs, this.#paths.log, name, (file) => {
      writeAll(file, bytes, bytes.length, 0);
    });
    if (failure !== undefined) return failure;
    const path = segmentPath(this.#env, this.#paths, header.segment);
    const entry = new SegmentEntry(path, header, bytes.length, bytes.length);
    try {
      const next = new TailFile(this.#env, path, bytes.length);
      this.close();
      this.#file = next;
    } catch (cause) {
      return { renamed: true, cause };
    }
    this.#entry = entry;
    this.entries.push(entry);
    this.identify(header.worldId, header.logId);
    return undefined;
  }

  close(): void {
    try {
      this.#file.close();
    } catch {
      // All that had to be on the disk was synced before.
    }
  }
}
