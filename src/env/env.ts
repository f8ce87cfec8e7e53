/**
 * The outside world as ports. Nothing outside `env/`, `cli/` and `daemon/` touches a clock, a
 * timer, randomness, a file or a socket except through the object described here, so that a whole
 * node can run inside a simulator. `env/node` is the real one, `env/memory` the deterministic twin;
 * both pass the contract suite in `testing/`.
 *
 * All file system calls are synchronous except `syncAsync` and `lock`: a write that lands in the
 * page cache is quicker than a hop to a thread pool, a flush is not. They throw errors that carry a
 * string `code` as Node's do (`ENOENT`, `EEXIST`, `EACCES`, `ENOSPC`, `EIO`, …); `errorCode` reads
 * it.
 */

import type { Datagrams } from './datagrams.ts';
import type { Streams } from './streams.ts';

/** What a node needs of the world around it. */
export interface Env {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly crypto: Crypto;
  readonly host: Host;
  readonly streams: Streams;
  readonly datagrams: Datagrams;
}

/** Two clocks: wall time for stamps, monotonic time for every timeout and duration. */
export interface Clock {
  /** Milliseconds since the Unix epoch, whole; may jump either way. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start, fractional; never goes back. */
  monoMs(): number;
}

export interface Timer {
  cancel(): void;
}

/** Timers never keep a process alive by themselves. */
export interface Timers {
  /** Runs `fn` once, `ms` from now at the earliest. */
  after(ms: number, fn: () => void): Timer;
  /** Runs `fn` once, after all that is runnable now (a turn of the event loop); always runs. */
  soon(fn: () => void): void;
}

export interface Random {
  /** `count` unpredictable bytes (predictable in the memory twin: drawn from its seed). */
  bytes(count: number): Uint8Array;
}

/** Synchronous cryptography. Bytes in, bytes out; keys are raw 32-byte Ed25519 keys. */
export interface Crypto {
  /** SHA-256, 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /** CRC-32 (IEEE, as zlib), continuing from `seed` (0 to begin); an unsigned 32-bit number. */
  crc32(data: Uint8Array, seed?: number): number;
  /** The Ed25519 public key (32 bytes) of a private seed (32 bytes). */
  ed25519PublicKey(privateSeed: Uint8Array): Uint8Array;
  /** Ed25519 signature, 64 bytes. */
  ed25519Sign(privateSeed: Uint8Array, message: Uint8Array): Uint8Array;
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Facts about the machine; diagnostic only, never part of state. */
export interface Host {
  readonly hostname: string;
  readonly platform: string;
  readonly pid: number;
}

/**
 * `read`: must exist. `readWrite`: must exist. `create`: must not exist (`EEXIST`), read and write.
 */
export type FileAccess = 'read' | 'readWrite' | 'create';

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'other';
  readonly sizeBytes: number;
  readonly device: number;
  readonly inode: number;
  readonly modifiedMs: number;
}

/**
 * Files as a crash-safe store needs them. Durability: bytes are durable only after `File.sync`, a
 * name (made, renamed, removed) only after `syncDirectory` of the directory that holds it. New
 * files are 0600, new directories 0700.
 */
export interface FileSystem {
  open(path: string, access: FileAccess): File;
  /** Makes one directory; `EEXIST` if there is one, `ENOENT` if the parent is missing. */
  makeDirectory(path: string): void;
  /** Names in a directory, sorted by code unit. */
  list(path: string): string[];
  /** `undefined` where nothing is; follows symbolic links. */
  stat(path: string): FileStat | undefined;
  /** Atomic; replaces an existing file, or an existing empty directory by a directory. */
  rename(from: string, to: string): void;
  removeFile(path: string): void;
  /** Only an empty one. */
  removeDirectory(path: string): void;
  /** Makes names in this directory durable; does nothing where the platform cannot (Windows). */
  syncDirectory(path: string): void;
  /** Bytes free for this user on the file system that holds `path`; `undefined` if unknown. */
  freeBytes(path: string): number | undefined;
  /** One absolute form of a path, for messages and for `..`. */
  resolve(...parts: string[]): string;
  /**
   * Takes the exclusive lock of the file at `path` (made if missing) and writes `note` into it. The
   * lock ends with `release` or with the process, `kill -9` included. Rejects with code `ELOCKED`
   * and the holder's note in `holder` when another process, or this one, has it; with
   * `ELOCKUNAVAILABLE` where the platform offers no such lock.
   */
  lock(path: string, note: string): Promise<FileLock>;
}

export interface FileLock {
  release(): void;
}

/**
 * One open file. Offsets and lengths in bytes; positions are always explicit, there is no cursor.
 */
export interface File {
  /** Reads up to `length` bytes at `position` into `target[offset…]`; 0 at the end of the file. */
  read(target: Uint8Array, offset: number, length: number, position: number): number;
  /** Writes up to `length` bytes; **may write fewer** without throwing (a full disk does). */
  write(source: Uint8Array, offset: number, length: number, position: number): number;
  /**
   * fdatasync, blocking: content and size are durable when it returns. Never retry a failed one.
   */
  sync(): void;
  /** The same in the background; `done` is called exactly once, never inside this call. */
  syncAsync(done: (error: Error | undefined) => void): void;
  truncate(sizeBytes: number): void;
  /** Of the open file itself, wherever its name is now. */
  stat(): FileStat;
  close(): void;
}

/** The `code` of an error thrown by a port, or `undefined`. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const code: unknown = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : undefined;
}
