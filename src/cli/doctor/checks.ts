/**
 * What can be wrong around a data directory, one function a check. A check never throws and never
 * leaves anything behind; `warn` is worth knowing, `fail` makes `doctor` exit with 1.
 */
import {
  accessSync,
  closeSync,
  constants,
  fdatasyncSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { size } from '../tables.ts';
import { fileSystemKind } from './file-system-kinds.ts';

/** The outcome of one check. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly detail: string;
}

const NODE_MIN: readonly [number, number] = [20, 19];
const SYNCS = 5;
const SLOW_SYNC_MS = 50;
const LITTLE_SPACE_BYTES = 256 * 1024 * 1024;
const FUTURE_MS = 60_000;
const EARLIEST_MS = Date.UTC(2024, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/** The Node version against the oldest that is supported. */
export function checkNode(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isGood = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  const detail = `Node ${version} on ${process.platform} ${process.arch}`;
  if (isGood) return { check: 'node', state: 'ok', detail };
  return { check: 'node', state: 'fail', detail: `${detail}; ${NODE_MIN.join('.')} is needed` };
}

/** Whether there is a directory, and whether this user may use it and nobody else. */
export function checkDirectory(dataDir: string): Finding {
  const check = 'directory';
  const stat = statSync(dataDir, { throwIfNoEntry: false });
  if (stat === undefined) {
    return { check, state: 'warn', detail: `${dataDir} is not there yet: adastra init makes it` };
  }
  if (!stat.isDirectory()) return { check, state: 'fail', detail: `${dataDir} is not a directory` };
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return { check, state: 'fail', detail: `${dataDir} is not writable for this user` };
  }
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
    return { check, state: 'warn', detail: `${dataDir} is open to other users (${mode})` };
  }
  return { check, state: 'ok', detail: `${dataDir} (${mode})` };
}

/** The nearest directory that is there: the data directory, or what it would be made in. */
export function nearestDirectory(path: string): string {
  let directory = path;
  while (!isDirectory(directory) && dirname(directory) !== directory)
    directory = dirname(directory);
  return directory;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // ENOTDIR: the path goes through a file.
    return false;
  }
}

/** Writes and flushes a file a few times, and says how long a flush takes. */
export function checkSync(directory: string): Finding {
  const check = 'fsync';
  const path = join(directory, `.adastra-doctor-${process.pid}`);
  try {
    const times = syncTimes(path).sort((a, b) => a - b);
    const median = times[Math.floor(times.length / 2)] ?? 0;
    const detail = `fdatasync takes ${median.toFixed(2)} ms (median of ${SYNCS})`;
    return { check, state: median > SLOW_SYNC_MS ? 'warn' : 'ok', detail };
  } catch (error) {
    return { check, state: 'fail', detail: `no durable write: ${(error as Error).message}` };
  } finally {
    rmSync(path, { force: true });
  }
}

function syncTimes(path: string): number[] {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    const times: number[] = [];
    for (let round = 0; round < SYNCS; round++) {
      writeSync(descriptor, Buffer.alloc(4096, round), 0, 4096, round * 4096);
      const startedMs = performance.now();
      fdatasyncSync(descriptor);
      times.push(performance.now() - startedMs);
    }
    return times;
  } finally {
    closeSync(descriptor);
  }
}

/** What kind of file system it is; network ones are warned of. */
export function checkFileSystem(directory: string): Finding {
  const check = 'file system';
  try {
    const { type } = statfsSync(directory);
    return { check, ...fileSystemKind(type) };
  } catch (error) {
    return { check, state: 'warn', detail: `unknown: ${(error as Error).message}` };
  }
}

/** Room left for this user. */
export function checkSpace(directory: string): Finding {
  const check = 'free space';
  try {
    const { bavail, bsize } = statfsSync(directory);
    const bytes = bavail * bsize;
    return { check, state: bytes < LITTLE_SPACE_BYTES ? 'warn' : 'ok', detail: size(bytes) };
  } catch (error) {
    return { check, state: 'warn', detail: `unknown: ${(error as Error).message}` };
  }
}

/** Whether the wall clock is plausible, also against the times of the files in the directory. */
export function checkClock(dataDir: string, nowMs: number = Date.now()): Finding {
  const check = 'clock';
  const now = new Date(nowMs).toISOString();
  if (nowMs < EARLIEST_MS || nowMs > LATEST_MS) {
    return { check, state: 'fail', detail: `${now} is not today: set the clock` };
  }
  const newestMs = newestFileMs(dataDir);
  if (newestMs !== undefined && newestMs > nowMs + FUTURE_MS) {
    const newest = new Date(newestMs).toISOString();
    return { check, state: 'warn', detail: `${now}, but a file was written at ${newest}` };
  }
  return { check, state: 'ok', detail: now };
}

function newestFileMs(directory: string): number | undefined {
  try {
    const times = readdirSync(directory).map((name) => {
      const stat = statSync(join(directory, name), { throwIfNoEntry: false });
      return stat?.mtimeMs ?? 0;
    });
    return times.length === 0 ? undefined : Math.max(...times);
  } catch {
    return undefined;
  }
}
