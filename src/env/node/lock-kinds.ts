/**
 * Two ways to hold an open file for oneself alone that the kernel undoes when the process ends,
 * `kill -9` included. First choice: a lock of the file itself (flock, OFD lock, LockFileEx) through
 * the optional dependency `fs-native-extensions`. Second, where that has no build (musl): a name
 * that only one process can listen on, made of the file's device and inode. The second sees only
 * processes of the same machine and network namespace; two containers that share a directory do not
 * see each other by it.
 */
import { createRequire } from 'node:module';
import * as net from 'node:net';
import process from 'node:process';
import { errorCode } from '../env.ts';

/** What was taken; `release` gives it back at once or soon after. */
export interface HeldLock {
  release(): void;
}

/** The file to lock: its descriptor, and `device:inode`. */
export interface LockTarget {
  readonly descriptor: number;
  readonly identity: string;
}

/** `'refused'`: another process has it. `'unavailable'`: this way does not work here. */
export type LockAnswer = HeldLock | 'refused' | 'unavailable';

/** One way to take a lock. */
export type LockKind = (target: LockTarget) => Promise<LockAnswer>;

interface NativeLocks {
  tryLock(descriptor: number, offset?: number, length?: number): boolean;
  unlock(descriptor: number, offset?: number, length?: number): void;
}

/** Windows' locks stop others from reading too, so it locks a byte far behind the note. */
const LOCKED_OFFSET = process.platform === 'win32' ? 2 ** 40 : 0;
const LOCKED_LENGTH = process.platform === 'win32' ? 1 : 0;
const UNSUPPORTED: ReadonlySet<string | undefined> = new Set([
  'ENOLCK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
]);

function loadNativeLocks(): NativeLocks | undefined {
  try {
    return createRequire(import.meta.url)('fs-native-extensions') as NativeLocks;
  } catch {
    return undefined;
  }
}

/** The kernel's lock of the file. */
export const nativeLock: LockKind = async ({ descriptor }) => {
  const native = loadNativeLocks();
  if (native === undefined) return 'unavailable';
  try {
    if (!native.tryLock(descriptor, LOCKED_OFFSET, LOCKED_LENGTH)) return 'refused';
  } catch (error) {
    if (UNSUPPORTED.has(errorCode(error))) return 'unavailable';
    throw error;
  }
  return { release: () => native.unlock(descriptor, LOCKED_OFFSET, LOCKED_LENGTH) };
};

function nameFor(identity: string): string | undefined {
  if (process.platform === 'linux') return `\0adastra:${identity}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\adastra-${identity.replace(':', '-')}`;
  return undefined;
}

/** A name to listen on: an abstract socket on Linux, a named pipe on Windows. */
export const nameLock: LockKind = ({ identity }) => {
  const name = nameFor(identity);
  if (name === undefined) return Promise.resolve('unavailable');
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error) => {
      if (errorCode(error) === 'EADDRINUSE') resolve('refused');
      else reject(error);
    });
    server.listen({ path: name, exclusive: true }, () => {
      server.unref();
      resolve({ release: () => void server.close() });
    });
  });
};
