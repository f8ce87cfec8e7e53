/**
 * The segment files of a log that is copied byte for byte from somewhere else, as they come to be:
 * where they end, what proves that they are the beginning of that log, and the next bytes. Nothing
 * is decided here; what is copied was durable there, and is durable here after `sync`. Errors of
 * the file system pass through.
 */
import type { Env, File } from '../env/index.ts';
import { segmentSeed } from './checksum.ts';
import type { LogEnd } from './commit-log.ts';
import { segmentName } from './format.ts';
import { LogChain } from './log-chain.ts';
import { listSegments, type LogPaths, logPaths, readHeader, writeAll } from './log-files.ts';
import type { SegmentHeader } from './segment-header.ts';
import { SegmentScanner } from './segment-scanner.ts';

const READ_BYTES = 1024 * 1024;

/** The last frame, or the header where there is none: whoever has these bytes has all before. */
export interface MirrorProof {
  readonly segment: number;
  readonly from: number;
  readonly bytes: Uint8Array;
}

interface Walked {
  readonly header: SegmentHeader;
  /** Where the last frame begins, and where it ends. */
  readonly from: number;
  readonly to: number;
}

export class MirroredLog {
  readonly #env: Env;
  readonly #paths: LogPaths;
  #file: File | undefined;
  #end: LogEnd = { segment: 0, bytes: 0 };
  #proof: MirrorProof | undefined;
  #logId: Uint8Array | undefined;

  /**
   * Takes up what is there. What is not whole at its end, because the machine went down while it
   * was copied, is cut off: it comes again.
   */
  constructor(env: Env, directory: string) {
    this.#env = env;
    this.#paths = logPaths(env, directory);
    if (env.fs.stat(this.#paths.log) === undefined) {
      env.fs.makeDirectory(this.#paths.log);
      env.fs.syncDirectory(directory);
    }
    for (const number of listSegments(env, this.#paths).toReversed()) {
      if (this.#takeUp(number)) return;
      env.fs.removeFile(this.#path(number));
    }
  }

  /** Where the next byte goes; segment 0 where there is nothing. */
  get end(): LogEnd {
    return this.#end;
  }

  /** Which log it is; `undefined` where there is nothing. */
  get logId(): Uint8Array | undefined {
    return this.#logId;
  }

  /** Of what it took up; `undefined` where there was nothing. */
  get proof(): MirrorProof | undefined {
    return this.#proof;
  }

  /** Goes on with a next segment; the one before is synced. */
  begin(segment: number): void {
    this.#file?.sync();
    this.#file?.close();
    this.#file = this.#env.fs.open(this.#path(segment), 'create');
    this.#env.fs.syncDirectory(this.#paths.log);
    this.#end = { segment, bytes: 0 };
  }

  write(bytes: Uint8Array): void {
    writeAll(this.#file as File, bytes, bytes.length, this.#end.bytes);
    this.#end = { segment: this.#end.segment, bytes: this.#end.bytes + bytes.length };
  }

  /** Makes durable what was written; rejects with what the disk says. */
  sync(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      file.syncAsync((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  /** Removes segments whose every commit is at or below `seq`, oldest first, never the newest. */
  dropBelow(seq: number): void {
    const numbers = listSegments(this.#env, this.#paths);
    for (const [index, number] of numbers.entries()) {
      const next = numbers[index + 1];
      if (next === undefined || next > this.#end.segment) return;
      const header = this.#headerOf(next);
      if (header === undefined || header.firstSeq - 1 > seq) return;
      this.#env.fs.removeFile(this.#path(number));
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #path(segment: number): string {
    return this.#env.fs.resolve(this.#paths.log, segmentName(segment));
  }

  #takeUp(segment: number): boolean {
    const file = this.#env.fs.open(this.#path(segment), 'readWrite');
    const walked = this.#walk(file, segment);
    if (walked === undefined) {
      file.close();
      return false;
    }
    const { header, from, to } = walked;
    if (file.stat().sizeBytes > to) {
      file.truncate(to);
      file.sync();
    }
    const bytes = new Uint8Array(to - from);
    for (let at = 0; at < bytes.length; ) {
      at += file.read(bytes, at, bytes.length - at, from + at);
    }
    this.#file = file;
    this.#end = { segment, bytes: to };
    this.#proof = { segment, from, bytes };
    this.#logId = header.logId;
    return true;
  }

  #walk(file: File, segment: number): Walked | undefined {
    const reading = readHeader(this.#env, file);
    if (reading.kind !== 'header' || reading.header.segment !== segment) return undefined;
    const { header, bytes } = reading;
    const chain = new LogChain();
    chain.startAt(header);
    const seed = segmentSeed(header.worldId, header.logId, segment);
    const scanner = new SegmentScanner(this.#env.crypto, file, seed, {
      start: bytes,
      readBytes: READ_BYTES,
    });
    let from = 0;
    let to = bytes;
    while (scanner.next() === 'frame' && chain.faultOfFrame(scanner.header) === undefined) {
      chain.advance(scanner.header);
      from = scanner.offset;
      to = scanner.nextOffset;
    }
    return { header, from, to };
  }

  #headerOf(segment: number): SegmentHeader | undefined {
    const file = this.#env.fs.open(this.#path(segment), 'read');
    try {
      const reading = readHeader(this.#env, file);
      return reading.kind === 'header' ? reading.header : undefined;
    } finally {
      file.close();
    }
  }
}
