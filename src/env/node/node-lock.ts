/**
 * The one-writer lock of a directory: a file that is never removed, locked by the kernel, with the
 * holder's note in it. The note is only for messages; who holds the lock is the kernel's word
 * alone.
 *
 * Three races are closed here: this process opening twice (some kernel locks are per process) by a
 * set shared by all copies of this package in the process; the file being replaced between open and
 * lock by comparing inodes afterwards; a half-written note by readers who take it as it is.
 */
import * as fs from 'node:fs';
import type { FileLock } from '../env.ts';
import { nameLock, nativeLock } from './lock-kinds.ts';
import type { HeldLock, LockKind } from './lock-kinds.ts';

const LOCK_KINDS: readonly LockKind[] = [nativeLock, nameLock];
const REPLACED_TRIES_MAX = 10;
const NOTE_BYTES_MAX = 65_536;
const HELD_HERE = Symbol.for('adastra-db.locks-held');

/** `device:inode` of every lock file that this process holds, whichever copy of us took it. */
function heldHere(): Set<string> {
  const shared = globalThis as { [HELD_HERE]?: Set<string> };
  shared[HELD_HERE] ??= new Set();
  return shared[HELD_HERE];
}

function identityOf(stats: fs.BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}

function readNote(descriptor: number): string {
  try {
    const bytes = Buffer.alloc(NOTE_BYTES_MAX);
    return bytes.toString('utf8', 0, fs.readSync(descriptor, bytes, 0, NOTE_BYTES_MAX, 0));
  } catch {
    return '';
  }
}

function lockedError(path: string, descriptor: number): Error {
  const holder = readNote(descriptor);
  const message = `ELOCKED: the lock is held, lock '${path}'`;
  return Object.assign(new Error(message), { code: 'ELOCKED', path, holder });
}

function unavailableError(path: string): Error {
  const message = `ELOCKUNAVAILABLE: no lock that ends with the process, lock '${path}'`;
  return Object.assign(new Error(message), { code: 'ELOCKUNAVAILABLE', path });
}

class NodeFileLock implements FileLock {
  readonly #descriptor: number;
  readonly #identity: string;
  readonly #held: HeldLock;
  #isReleased = false;

  constructor(descriptor: number, identity: string, held: HeldLock) {
    this.#descriptor = descriptor;
    this.#identity = identity;
    this.#held = held;
  }

  writeNote(note: string): void {
    fs.ftruncateSync(this.#descriptor, 0);
    fs.writeSync(this.#descriptor, note, 0);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#held.release();
    fs.closeSync(this.#descriptor);
    heldHere().delete(this.#identity);
  }
}

/**
 * Takes the open file's lock by the first way that works here; leaves the descriptor to the caller.
 */
async function take(
  path: string,
  descriptor: number,
  kinds: readonly LockKind[],
): Promise<NodeFileLock> {
  const identity = identityOf(fs.fstatSync(descriptor, { bigint: true }));
  if (heldHere().has(identity)) throw lockedError(path, descriptor);
  heldHere().add(identity);
  try {
    for (const kind of kinds) {
      const answer = await kind({ descriptor, identity });
      if (answer === 'refused') throw lockedError(path, descriptor);
      if (answer !== 'unavailable') return new NodeFileLock(descriptor, identity, answer);
    }
    throw unavailableError(path);
  } catch (error) {
    heldHere().delete(identity);
    throw error;
  }
}

function stillNames(path: string, descriptor: number): boolean {
  const named = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
  const opened = fs.fstatSync(descriptor, { bigint: true });
  return named !== undefined && identityOf(named) === identityOf(opened);
}

async function tryOnce(
  path: string,
  kinds: readonly LockKind[],
): Promise<NodeFileLock | undefined> {
  const descriptor = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
  let lock: NodeFileLock;
  try {
    lock = await take(path, descriptor, kinds);
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
  if (stillNames(path, descriptor)) return lock;
  lock.release();
  return undefined;
}

/**
 * Takes the lock of the file at `path`, made if missing, and writes `note` into it. Rejects with
 * code `ELOCKED` (`holder`: the note found, perhaps empty) or `ELOCKUNAVAILABLE`. `kinds` is for
 * tests.
 */
export async function lockFile(
  path: string,
  note: string,
  kinds: readonly LockKind[] = LOCK_KINDS,
): Promise<FileLock> {
  for (let tries = 0; tries < REPLACED_TRIES_MAX; tries++) {
    const lock = await tryOnce(path, kinds);
    if (lock === undefined) continue;
    try {
      lock.writeNote(note);
      return lock;
    } catch (error) {
      lock.release();
      throw error;
    }
  }
  throw unavailableError(path);
}
