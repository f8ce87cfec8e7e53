/**
 * One open file of the real world. `sync` and `syncAsync` are fdatasync: content and size, not
 * times. A file that is closed while a background sync runs is closed after it, because its
 * descriptor's number could by then be another file's.
 */
import * as fs from 'node:fs';
import type { File, FileStat } from '../env.ts';

/** The facts of the port out of Node's. */
export function fileStat(stats: fs.Stats): FileStat {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  return {
    kind,
    sizeBytes: stats.size,
    device: stats.dev,
    inode: stats.ino,
    modifiedMs: stats.mtimeMs,
  };
}

function closedError(path: string): Error {
  return Object.assign(new Error(`EBADF: bad file descriptor, '${path}' is closed`), {
    code: 'EBADF',
    path,
  });
}

/** `File` over a descriptor, which it owns. */
export class NodeFile implements File {
  readonly #path: string;
  readonly #descriptor: number;
  #isClosed = false;
  #syncsRunning = 0;

  /** `path` is for messages only. */
  constructor(descriptor: number, path: string) {
    this.#descriptor = descriptor;
    this.#path = path;
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    return fs.readSync(this.#open(), target, offset, length, position);
  }

  write(source: Uint8Array, offset: number, length: number, position: number): number {
    return fs.writeSync(this.#open(), source, offset, length, position);
  }

  sync(): void {
    fs.fdatasyncSync(this.#open());
  }

  syncAsync(done: (error: Error | undefined) => void): void {
    if (this.#isClosed) {
      setImmediate(done, closedError(this.#path));
      return;
    }
    this.#syncsRunning++;
    fs.fdatasync(this.#descriptor, (error) => {
      this.#syncsRunning--;
      if (this.#isClosed) this.#closeIfIdle();
      done(error ?? undefined);
    });
  }

  truncate(sizeBytes: number): void {
    fs.ftruncateSync(this.#open(), sizeBytes);
  }

  stat(): FileStat {
    return fileStat(fs.fstatSync(this.#open()));
  }

  close(): void {
    this.#open();
    this.#isClosed = true;
    this.#closeIfIdle();
  }

  #open(): number {
    if (this.#isClosed) throw closedError(this.#path);
    return this.#descriptor;
  }

  #closeIfIdle(): void {
    if (this.#syncsRunning === 0) fs.closeSync(this.#descriptor);
  }
}
