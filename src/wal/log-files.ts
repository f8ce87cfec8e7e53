/**
 * The files of a log: names, listing, reading headers, and the one way in which a file comes to be:
 * written aside, synced, renamed, directory synced. So a file under its own name is whole, whenever
 * the power goes. Errors of the file system pass through.
 */
import { AdastraError } from '../core/index.ts';
import { err, type Result } from '../core/index.ts';
import { type Env, errorCode, type File, type FileSystem } from '../env/index.ts';
import { segmentName, segmentNumber } from './format.ts';
import { diskError } from './log-error.ts';
import { decodeSegmentHeader, type HeaderReading } from './segment-header.ts';

const ASIDE_SUFFIX = '.new';
const COPY_BYTES = 1024 * 1024;

/** Where the parts of a log live below a data directory. */
export interface LogPaths {
  readonly data: string;
  readonly log: string;
  readonly aside: string;
}

export function logPaths(env: Env, directory: string): LogPaths {
  const { fs } = env;
  return {
    data: directory,
    log: fs.resolve(directory, 'log'),
    aside: fs.resolve(directory, 'aside'),
  };
}

export function segmentPath(env: Env, paths: LogPaths, segment: number): string {
  return env.fs.resolve(paths.log, segmentName(segment));
}

/** Numbers of the segments that are there, ascending; empty where there is no log. */
export function listSegments(env: Env, paths: LogPaths): number[] {
  if (env.fs.stat(paths.log) === undefined) return [];
  const numbers: number[] = [];
  for (const name of env.fs.list(paths.log)) {
    const number = segmentNumber(name);
    if (number !== undefined) numbers.push(number);
  }
  return numbers.toSorted((left, right) => left - right);
}

/** Reads the header of an open segment; a header that is cut short is `bad`. */
export function readHeader(env: Env, file: File): HeaderReading {
  let bytes = readUpTo(file, 16 * 1024);
  let reading = decodeSegmentHeader(env.crypto, bytes);
  if (reading.kind === 'more' && reading.bytes <= file.stat().sizeBytes) {
    bytes = readUpTo(file, reading.bytes);
    reading = decodeSegmentHeader(env.crypto, bytes);
  }
  return reading.kind === 'more' ? { kind: 'bad', reason: 'segment header cut short' } : reading;
}

function readUpTo(file: File, count: number): Uint8Array {
  const target = new Uint8Array(count);
  let filled = 0;
  while (filled < count) {
    const read = file.read(target, filled, count - filled, filled);
    if (read === 0) break;
    filled += read;
  }
  return target.subarray(0, filled);
}

/**
 * Writes all of `source[0…length)`, whatever the disk takes at a time. Throws when it takes no
 * more.
 */
export function writeAll(file: File, source: Uint8Array, length: number, position: number): void {
  let written = 0;
  while (written < length) {
    const count = file.write(source, written, length - written, position + written);
    if (count <= 0) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
    written += count;
  }
}

/** Why a file could not be put in place; once `renamed` its name may or may not last. */
export interface PlaceFailure {
  readonly renamed: boolean;
  readonly cause: unknown;
}

/**
 * Puts a file in place, replacing what has its name: aside, sync, rename, sync of the directory.
 */
export function placeFile(
  fs: FileSystem,
  directory: string,
  name: string,
  fill: (file: File) => void,
): PlaceFailure | undefined {
  const aside = fs.resolve(directory, name + ASIDE_SUFFIX);
  try {
    if (fs.stat(aside) !== undefined) fs.removeFile(aside);
    const file = fs.open(aside, 'create');
    try {
      fill(file);
      file.sync();
    } finally {
      file.close();
    }
    fs.rename(aside, fs.resolve(directory, name));
  } catch (cause) {
    tryRemove(fs, aside);
    return { renamed: false, cause };
  }
  try {
    fs.syncDirectory(directory);
  } catch (cause) {
    return { renamed: true, cause };
  }
  return undefined;
}

/** The same where any failure is an end: throws it. */
export function placeFileOrThrow(
  fs: FileSystem,
  directory: string,
  name: string,
  fill: (file: File) => void,
): void {
  const failure = placeFile(fs, directory, name, fill);
  if (failure !== undefined) throw failure.cause;
}

/** Copies `source[start…end)` to the beginning of `target`. */
export function copyRange(source: File, start: number, end: number, target: File): void {
  const buffer = new Uint8Array(Math.min(COPY_BYTES, Math.max(end - start, 1)));
  let position = start;
  while (position < end) {
    const read = source.read(buffer, 0, Math.min(buffer.length, end - position), position);
    if (read === 0) throw Object.assign(new Error('the file ended'), { code: 'EIO' });
    writeAll(target, buffer, read, position - start);
    position += read;
  }
}

/** Removes what a crash left of files that were never put in place. */
export function removeLeftovers(fs: FileSystem, directory: string): void {
  if (fs.stat(directory) === undefined) return;
  for (const name of fs.list(directory)) {
    if (name.endsWith(ASIDE_SUFFIX)) tryRemove(fs, fs.resolve(directory, name));
  }
}

/** Opens, runs, closes. */
export function withFile<T>(fs: FileSystem, path: string, run: (file: File) => T): T {
  const file = fs.open(path, 'read');
  try {
    return run(file);
  } finally {
    file.close();
  }
}

/** Runs what may meet a failing disk; errors of the file system come back as typed ones. */
export function guardDisk<T>(
  what: string,
  path: string,
  run: () => Result<T, AdastraError>,
): Result<T, AdastraError> {
  try {
    return run();
  } catch (cause) {
    if (AdastraError.is(cause) || errorCode(cause) === undefined) throw cause;
    return err(diskError(cause, what, path));
  }
}

function tryRemove(fs: FileSystem, path: string): void {
  try {
    if (fs.stat(path) !== undefined) fs.removeFile(path);
  } catch {
    // It is only litter: the next open for writing tries again.
  }
}
