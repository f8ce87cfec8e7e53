/**
 * Files of the real world through Node's synchronous calls. New files are 0600 and new directories
 * 0700, whatever the umask allows more. Where platforms differ the differences end here: a
 * directory cannot be flushed on Windows, and a rename there can meet a virus scanner that holds
 * the file for a moment, so it is tried again for up to half a second. (Windows and macOS: written
 * for, not tested.)
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import process from 'node:process';
import { errorCode } from '../env.ts';
import type { File, FileAccess, FileLock, FileStat, FileSystem } from '../env.ts';
import { NodeFile, fileStat } from './node-file.ts';
import { lockFile } from './node-lock.ts';

const IS_WINDOWS = process.platform === 'win32';
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const OPEN_FLAGS: Readonly<Record<FileAccess, string>> = {
  read: 'r',
  readWrite: 'r+',
  create: 'wx+',
};
const RENAME_TRIES_MAX = 10;
const RENAME_PAUSE_MS = 50;

function systemError(code: string, what: string, at: string): Error {
  return Object.assign(new Error(`${code}: ${what}, '${at}'`), { code, path: at });
}

/** Blocks this thread: only on Windows, only after a refused rename. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function renameWithRetry(from: string, to: string): void {
  for (let tries = 1; ; tries++) {
    try {
      fs.renameSync(from, to);
      return;
    } catch (error) {
      const code = errorCode(error);
      const isHeld = code === 'EPERM' || code === 'EBUSY' || code === 'EACCES';
      if (!isHeld || tries >= RENAME_TRIES_MAX) throw error;
      pause(RENAME_PAUSE_MS);
    }
  }
}

/** `FileSystem` over `node:fs`. */
export class NodeFileSystem implements FileSystem {
  open(at: string, access: FileAccess): File {
    const descriptor = fs.openSync(at, OPEN_FLAGS[access], FILE_MODE);
    if (access === 'read' && fs.fstatSync(descriptor).isDirectory()) {
      fs.closeSync(descriptor);
      throw systemError('EISDIR', 'illegal operation on a directory, open', at);
    }
    return new NodeFile(descriptor, at);
  }

  makeDirectory(at: string): void {
    fs.mkdirSync(at, DIRECTORY_MODE);
  }

  list(at: string): string[] {
    return fs.readdirSync(at).sort();
  }

  stat(at: string): FileStat | undefined {
    try {
      const stats = fs.statSync(at, { throwIfNoEntry: false });
      return stats === undefined ? undefined : fileStat(stats);
    } catch (error) {
      // A file where the path wants a directory: nothing is there either.
      if (errorCode(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  rename(from: string, to: string): void {
    if (IS_WINDOWS) renameWithRetry(from, to);
    else fs.renameSync(from, to);
  }

  removeFile(at: string): void {
    fs.unlinkSync(at);
  }

  removeDirectory(at: string): void {
    fs.rmdirSync(at);
  }

  syncDirectory(at: string): void {
    if (IS_WINDOWS) return;
    const descriptor = fs.openSync(at, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    try {
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  freeBytes(at: string): number | undefined {
    const stats = fs.statfsSync(at);
    return stats.bavail * stats.bsize;
  }

  resolve(...parts: string[]): string {
    return path.resolve(...parts);
  }

  lock(at: string, note: string): Promise<FileLock> {
    return lockFile(at, note);
  }
}
