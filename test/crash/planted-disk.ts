/**
 * A file system that stands before another and, as it comes, does everything the same. Planted
 * faults override single calls; the node cannot tell the difference, a power cut can.
 */
import type { File, FileAccess, FileLock, FileStat, FileSystem } from '../../src/env/index.ts';

/** Passes everything on. */
export class PlantedDisk implements FileSystem {
  readonly inner: FileSystem;

  constructor(inner: FileSystem) {
    this.inner = inner;
  }

  open(path: string, access: FileAccess): File {
    return this.inner.open(path, access);
  }
  makeDirectory(path: string): void {
    this.inner.makeDirectory(path);
  }
  list(path: string): string[] {
    return this.inner.list(path);
  }
  stat(path: string): FileStat | undefined {
    return this.inner.stat(path);
  }
  rename(from: string, to: string): void {
    this.inner.rename(from, to);
  }
  removeFile(path: string): void {
    this.inner.removeFile(path);
  }
  removeDirectory(path: string): void {
    this.inner.removeDirectory(path);
  }
  syncDirectory(path: string): void {
    this.inner.syncDirectory(path);
  }
  freeBytes(path: string): number | undefined {
    return this.inner.freeBytes(path);
  }
  resolve(...parts: string[]): string {
    return this.inner.resolve(...parts);
  }
  lock(path: string, note: string): Promise<FileLock> {
    return this.inner.lock(path, note);
  }
}

/** A file of such a disk; only flushing can be made different. */
export class PlantedFile implements File {
  readonly inner: File;

  constructor(inner: File) {
    this.inner = inner;
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    return this.inner.read(target, offset, length, position);
  }
  write(source: Uint8Array, offset: number, length: number, position: number): number {
    return this.inner.write(source, offset, length, position);
  }
  sync(): void {
    this.inner.sync();
  }
  syncAsync(done: (error: Error | undefined) => void): void {
    this.inner.syncAsync(done);
  }
  truncate(sizeBytes: number): void {
    this.inner.truncate(sizeBytes);
  }
  stat(): FileStat {
    return this.inner.stat();
  }
  close(): void {
    this.inner.close();
  }
}
