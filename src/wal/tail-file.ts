/**
 * The newest segment, open for writing: appends at its end, takes back what did not go in whole,
 * writes zeros ahead, and notices when the file is no longer ours. Errors of the file system pass
 * through.
 */
import { errorCode, type Env, type File } from '../env/index.ts';
import { writeAll } from './log-files.ts';

const ZEROS: Uint8Array = new Uint8Array(64 * 1024);

export class TailFile {
  readonly path: string;
  /** Where the next frame goes. */
  end: number;
  readonly #env: Env;
  readonly #file: File;
  readonly #device: number;
  readonly #inode: number;
  /** The size of the file as far as we know: `end`, or more where zeros stand. */
  #size: number;

  constructor(env: Env, path: string, end: number) {
    this.#env = env;
    this.path = path;
    this.end = end;
    this.#file = env.fs.open(path, 'readWrite');
    const stat = this.#file.stat();
    this.#device = stat.device;
    this.#inode = stat.inode;
    this.#size = Math.max(stat.sizeBytes, end);
  }

  /** Writes at the end, without moving it: `end` is the caller's to move once all went well. */
  write(source: Uint8Array, length: number): void {
    writeAll(this.#file, source, length, this.end);
    if (this.end + length > this.#size) this.#size = this.end + length;
  }

  /** Takes back what a failed write left behind the end. */
  cutToEnd(): void {
    this.#file.truncate(this.end);
    this.#size = this.end;
  }

  /** Whether anything stands behind the end. */
  get hasRoom(): boolean {
    return this.#size > this.end;
  }

  /** Makes sure that `needed` bytes stand behind the end, writing `chunk` zeros if not. */
  writeZerosAhead(needed: number, chunk: number): void {
    if (this.#size - this.end >= needed) return;
    const target = this.#size + Math.max(chunk, needed);
    try {
      while (this.#size < target) {
        const count = Math.min(ZEROS.length, target - this.#size);
        const written = this.#file.write(ZEROS, 0, count, this.#size);
        if (written <= 0) return;
        this.#size += written;
      }
    } catch (error) {
      // No room to spare: the frame itself may still fit, and says so if not.
      if (errorCode(error) === undefined) throw error;
    }
  }

  sync(): void {
    this.#file.sync();
  }

  syncAsync(done: (error: Error | undefined) => void): void {
    this.#file.syncAsync(done);
  }

  /** Why this file is no longer the log, or `undefined`: another writer replaced or cut it. */
  strangeness(): string | undefined {
    const named = this.#env.fs.stat(this.path);
    if (named === undefined) return 'the segment is gone';
    if (named.inode !== this.#inode || named.device !== this.#device) {
      return 'another writer replaced the segment';
    }
    return named.sizeBytes < this.end ? 'another writer cut the segment' : undefined;
  }

  close(): void {
    this.#file.close();
  }
}
