/**
 * A file system in memory that models what a real disk does to a crash-safe store: bytes and names
 * are visible at once and durable only after their own sync; `crash` shows what a kill or a power
 * cut leaves; hooks inject faults; a number freezes it before any chosen operation. The usual crash
 * test:
 *
 *     const disk = new MemoryFileSystem({ freezeAfter: n });
 *     try { workload(disk); } catch (error) { if (!(error instanceof Frozen)) throw error; }
 *     reopen(disk.crash({ mode: 'torn', rng: new Prng(seed) }));
 *
 * The errors and their codes are those of Linux. What is assumed of the disk stands in
 * `crash-image.ts`.
 */
import { assert } from '../../core/index.ts';
import { Prng } from '../../core/index.ts';
import type { File, FileAccess, FileLock, FileStat, FileSystem } from '../env.ts';
import { crashImage } from './crash-image.ts';
import type { CrashMode } from './crash-image.ts';
import { diskError } from './disk-fault.ts';
import type { OperationHook, ReadKind } from './disk-fault.ts';
import { MemoryDisk } from './memory-disk.ts';
import type { MemoryFileSystemOptions, Place } from './memory-disk.ts';
import { MemoryFile, inodeStat } from './memory-file.ts';
import type { DirectoryInode, FileInode, NameChange } from './memory-inode.ts';
import { resolvePath } from './memory-path.ts';

/** What happens at the crash, and what differs afterwards. */
export interface CrashOptions {
  readonly mode: CrashMode;
  /** Decides in `torn` and `torn-any`; needed there. */
  readonly rng?: Prng;
  /** Options of the new file system; size, crash model, clock and `soon` are kept if not given. */
  readonly fileSystem?: MemoryFileSystemOptions;
}

/** `FileSystem` in memory, with crashes and faults. */
export class MemoryFileSystem implements FileSystem {
  #disk: MemoryDisk;

  constructor(options: MemoryFileSystemOptions = {}) {
    this.#disk = new MemoryDisk(options);
  }

  /** How many operations that can change the disk were asked for so far. */
  get operationCount(): number {
    return this.#disk.operationCount;
  }

  get isFrozen(): boolean {
    return this.#disk.isFrozen;
  }

  /** Visible bytes of all files that have a name. */
  get usedBytes(): number {
    return this.#disk.usedBytes;
  }

  /** Changes the size of the disk; `Infinity` lifts the limit. */
  setCapacity(capacityBytes: number): void {
    this.#disk.capacityBytes = capacityBytes;
  }

  /** Replaces the hook of changing operations. */
  setOnOperation(hook: OperationHook | undefined): void {
    this.#disk.onOperation = hook;
  }

  /** Replaces the hook of reads. */
  setOnRead(hook: OperationHook<ReadKind> | undefined): void {
    this.#disk.onRead = hook;
  }

  /** From now on every call throws `Frozen`. */
  freeze(): void {
    this.#disk.isFrozen = true;
  }

  /** A new file system as it is found after the crash. This one, frozen or not, stays as it is. */
  crash(options: CrashOptions): MemoryFileSystem {
    const { mode, rng = new Prng(0) } = options;
    assert(options.rng !== undefined || !mode.startsWith('torn'), `crash mode ${mode} needs rng`);
    const { crashModel, soon, wallMs } = this.#disk.options;
    const kept = { crashModel, soon, wallMs, capacityBytes: this.#disk.capacityBytes };
    const image = crashImage(this.#disk.root, mode, rng);
    const after = new MemoryFileSystem();
    after.#disk = new MemoryDisk({ ...kept, ...options.fileSystem }, image);
    return after;
  }

  /** The visible content of a file; passes no hook, works when frozen. */
  readAll(path: string): Uint8Array {
    return this.#file(path, 'readAll').visible.toBytes();
  }

  /** Bit rot: turns one bit over, durably, in a file; passes no hook. `bit` from 0 to 7. */
  flipBit(path: string, offset: number, bit: number): void {
    const file = this.#file(path, 'flipBit');
    assert(offset >= 0 && offset < file.visible.sizeBytes, 'flipBit within the file');
    file.visible.flipBit(offset, bit);
    if (file.durable !== file.visible && offset < file.durable.sizeBytes) {
      file.durable.flipBit(offset, bit);
    }
  }

  open(path: string, access: FileAccess): File {
    if (access === 'create') return this.#create(path);
    this.#disk.passRead('open', path);
    return new MemoryFile(this.#disk, this.#file(path, 'open'), { path, access });
  }

  makeDirectory(path: string): void {
    this.#disk.passChange('makeDirectory', path);
    const place = this.#disk.place(path, 'mkdir');
    if (place.inode !== undefined) throw diskError('EEXIST', 'mkdir', path);
    this.#disk.link(place, this.#disk.newDirectory());
  }

  list(path: string): string[] {
    this.#disk.passRead('list', path);
    return [...this.#disk.directory(path, 'scandir').visible.keys()].sort();
  }

  stat(path: string): FileStat | undefined {
    this.#disk.passRead('stat', path);
    const inode = this.#disk.find(path);
    return inode && inodeStat(inode);
  }

  rename(from: string, to: string): void {
    this.#disk.passChange('rename', from);
    const source = this.#disk.place(from, 'rename');
    const target = this.#disk.place(to, 'rename');
    const refusal = renameRefusal(source, target);
    if (refusal !== undefined) throw diskError(refusal, 'rename', `${from}' -> '${to}`);
    if (source.inode === undefined || source.inode === target.inode) return;
    const adds = { name: target.name, inode: source.inode };
    if (source.directory === target.directory) {
      target.directory.change({ removes: source.name, adds, after: undefined });
    } else {
      const arrival: NameChange = { removes: undefined, adds, after: undefined };
      target.directory.change(arrival);
      const after = { directory: target.directory, change: arrival };
      source.directory.change({ removes: source.name, adds: undefined, after });
    }
    this.#disk.forget(target.inode);
  }

  removeFile(path: string): void {
    this.#disk.passChange('removeFile', path);
    const place = this.#disk.place(path, 'unlink');
    if (place.inode === undefined) throw diskError('ENOENT', 'unlink', path);
    if (place.inode.kind === 'directory') throw diskError('EISDIR', 'unlink', path);
    this.#disk.unlink(place);
  }

  removeDirectory(path: string): void {
    this.#disk.passChange('removeDirectory', path);
    const place = this.#disk.place(path, 'rmdir');
    if (place.name === '') throw diskError('EBUSY', 'rmdir', path);
    const directory = this.#disk.directory(path, 'rmdir');
    if (directory.visible.size > 0) throw diskError('ENOTEMPTY', 'rmdir', path);
    this.#disk.unlink(place);
  }

  syncDirectory(path: string): void {
    this.#disk.passChange('syncDirectory', path);
    this.#disk.directory(path, 'fsync').sync();
  }

  freeBytes(path: string): number | undefined {
    this.#disk.passRead('stat', path);
    const { capacityBytes, usedBytes } = this.#disk;
    return Number.isFinite(capacityBytes) ? Math.max(0, capacityBytes - usedBytes) : undefined;
  }

  resolve(...parts: string[]): string {
    return resolvePath(parts);
  }

  async lock(path: string, note: string): Promise<FileLock> {
    const disk = this.#disk;
    disk.passChange('lock', path);
    const place = disk.place(path, 'lock');
    if (place.inode?.kind === 'directory') throw diskError('EISDIR', 'lock', path);
    const file = place.inode ?? disk.newFile();
    const held = disk.locks.get(file.number);
    if (held !== undefined) {
      throw Object.assign(diskError('ELOCKED', 'lock', path), { holder: held.note });
    }
    if (place.inode === undefined) disk.link(place, file);
    const before = file.visible.sizeBytes;
    const bytes = new TextEncoder().encode(note);
    file.resize(0);
    file.write(bytes, 0, bytes.length, 0);
    disk.book(file, bytes.length - before);
    const holder = { note };
    disk.locks.set(file.number, holder);
    return {
      release: (): void => {
        if (disk.locks.get(file.number) === holder) disk.locks.delete(file.number);
      },
    };
  }

  #create(path: string): File {
    this.#disk.passChange('create', path);
    const place = this.#disk.place(path, 'open');
    if (place.inode !== undefined) throw diskError('EEXIST', 'open', path);
    const inode = this.#disk.newFile();
    this.#disk.link(place, inode);
    return new MemoryFile(this.#disk, inode, { path, access: 'create' });
  }

  #file(path: string, operation: string): FileInode {
    const { inode } = this.#disk.place(path, operation);
    if (inode === undefined) throw diskError('ENOENT', operation, path);
    if (inode.kind !== 'file') throw diskError('EISDIR', operation, path);
    return inode;
  }
}

/** The code with which Linux refuses a rename, or `undefined`. */
function renameRefusal(source: Place, target: Place): string | undefined {
  const [moved, replaced] = [source.inode, target.inode];
  if (moved === undefined) return 'ENOENT';
  if (source.name === '' || target.name === '') return 'EBUSY';
  if (moved === replaced) return undefined;
  if (moved.kind === 'file') return replaced?.kind === 'directory' ? 'EISDIR' : undefined;
  if (holds(moved, target.directory)) return 'EINVAL';
  if (replaced?.kind === 'file') return 'ENOTDIR';
  return replaced !== undefined && replaced.visible.size > 0 ? 'ENOTEMPTY' : undefined;
}

/** Whether `inner` is `outer` or below it. */
function holds(outer: DirectoryInode, inner: DirectoryInode): boolean {
  if (outer === inner) return true;
  for (const inode of outer.visible.values()) {
    if (inode.kind === 'directory' && holds(inode, inner)) return true;
  }
  return false;
}
