/**
 * One open file of the memory disk. What it writes is visible at once and durable after a sync; a
 * background sync covers what was written before it was asked for, and takes effect when it ends.
 * On a disk that froze meanwhile it ends with `Frozen` and nothing became durable.
 */
import type { File, FileAccess, FileStat } from '../env.ts';
import { diskError } from './disk-fault.ts';
import type { Fault } from './disk-fault.ts';
import type { MemoryDisk } from './memory-disk.ts';
import type { FileInode, Inode } from './memory-inode.ts';

/** The device number of every memory disk. */
const DEVICE = 1;

/** The facts of the port about anything on the disk. */
export function inodeStat(inode: Inode): FileStat {
  return {
    kind: inode.kind,
    sizeBytes: inode.kind === 'file' ? inode.visible.sizeBytes : 0,
    device: DEVICE,
    inode: inode.number,
    modifiedMs: inode.modifiedMs,
  };
}

/** `File` over an inode. */
export class MemoryFile implements File {
  readonly #disk: MemoryDisk;
  readonly #inode: FileInode;
  readonly #path: string;
  readonly #canWrite: boolean;
  #isClosed = false;

  constructor(disk: MemoryDisk, inode: FileInode, opened: { path: string; access: FileAccess }) {
    this.#disk = disk;
    this.#inode = inode;
    this.#path = opened.path;
    this.#canWrite = opened.access !== 'read';
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    this.#assertOpen('read');
    this.#disk.passRead('read', this.#path);
    return this.#inode.visible.read(target, offset, length, position);
  }

  write(source: Uint8Array, offset: number, length: number, position: number): number {
    this.#assertWritable('write');
    const fault = this.#disk.passChange('write', this.#path);
    const wanted = Math.min(length, fault?.shortWrite ?? length);
    const before = this.#inode.visible.sizeBytes;
    const sizeBytes = Math.max(before, position + wanted);
    const allowed = this.#disk.sizeAllowed(this.#inode, sizeBytes);
    const count = allowed >= sizeBytes ? wanted : Math.max(0, allowed - position);
    if (count === 0 && wanted > 0) throw diskError('ENOSPC', 'write', this.#path);
    this.#inode.write(source, offset, count, position);
    this.#disk.book(this.#inode, this.#inode.visible.sizeBytes - before);
    return count;
  }

  sync(): void {
    this.#assertOpen('sync');
    const fault = this.#disk.askChange('sync', this.#path);
    const error = this.#finishSync(fault, this.#inode.lastSequence);
    if (error !== undefined) throw error;
  }

  syncAsync(done: (error: Error | undefined) => void): void {
    let fault: Fault | undefined;
    try {
      this.#assertOpen('sync');
      fault = this.#disk.askChange('sync', this.#path);
    } catch (error) {
      this.#disk.soon(() => done(error as Error));
      return;
    }
    const covered = this.#inode.lastSequence;
    this.#disk.soon(() => {
      let error: Error | undefined;
      try {
        this.#disk.assertThawed();
        error = this.#finishSync(fault, covered);
      } catch (frozen) {
        error = frozen as Error;
      }
      done(error);
    });
  }

  truncate(sizeBytes: number): void {
    this.#assertWritable('truncate');
    this.#disk.passChange('truncate', this.#path);
    const before = this.#inode.visible.sizeBytes;
    if (sizeBytes > before && this.#disk.sizeAllowed(this.#inode, sizeBytes) < sizeBytes) {
      throw diskError('ENOSPC', 'truncate', this.#path);
    }
    this.#inode.resize(sizeBytes);
    this.#disk.book(this.#inode, sizeBytes - before);
  }

  stat(): FileStat {
    this.#assertOpen('stat');
    this.#disk.passRead('stat', this.#path);
    return inodeStat(this.#inode);
  }

  close(): void {
    this.#assertOpen('close');
    this.#isClosed = true;
  }

  #finishSync(fault: Fault | undefined, covered: number): Error | undefined {
    if (fault?.error === undefined) {
      this.#inode.syncThrough(covered);
      return undefined;
    }
    this.#inode.loseThrough(covered);
    return diskError(fault.error, 'sync', this.#path);
  }

  #assertOpen(operation: string): void {
    if (this.#isClosed) throw diskError('EBADF', operation, this.#path);
  }

  #assertWritable(operation: string): void {
    if (this.#isClosed || !this.#canWrite) throw diskError('EBADF', operation, this.#path);
  }
}
