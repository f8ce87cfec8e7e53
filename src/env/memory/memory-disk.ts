/**
 * The state behind one memory file system: the tree, the locks, the space, and the gate that every
 * operation passes. The gate numbers operations, freezes at the one a test asked for, and asks the
 * hooks for faults. Files that are open hold on to this object, so a crash image, which has a disk
 * of its own, is out of their reach.
 */
import { errorCode } from '../env.ts';
import { Frozen, diskError } from './disk-fault.ts';
import type { ChangeKind, Fault, OperationHook, ReadKind } from './disk-fault.ts';
import { DirectoryInode, FileInode } from './memory-inode.ts';
import type { Inode } from './memory-inode.ts';
import { pathNames } from './memory-path.ts';

/** How a memory file system behaves; all of it optional. */
export interface MemoryFileSystemOptions {
  /** Called before each operation that can change the disk. */
  readonly onOperation?: OperationHook | undefined;
  /** Called before each operation that cannot. */
  readonly onRead?: OperationHook<ReadKind> | undefined;
  /** Freezes before operation number `freezeAfter` (so that this many happen); default never. */
  readonly freezeAfter?: number | undefined;
  /** Size of the disk, counted over visible file sizes; default without limit. */
  readonly capacityBytes?: number | undefined;
  /**
   * Whether unsynced changes are tracked so that a power cut can be modelled; default `true`.
   * `false` saves the memory and time of it where no test will pull the plug.
   */
  readonly crashModel?: boolean | undefined;
  /** Runs completions of background syncs; default `queueMicrotask`. */
  readonly soon?: ((fn: () => void) => void) | undefined;
  /** Modification times; default always 0. */
  readonly wallMs?: (() => number) | undefined;
}

/** Where a path leads: the directory that holds (or would hold) the name, and what is there. */
export interface Place {
  readonly directory: DirectoryInode;
  readonly name: string;
  readonly inode: Inode | undefined;
}

/** Tree, locks, space and gate. */
export class MemoryDisk {
  readonly options: MemoryFileSystemOptions;
  readonly tracksChanges: boolean;
  readonly soon: (fn: () => void) => void;
  readonly wallMs: () => number;
  readonly root: DirectoryInode;
  /** The holder's note by inode number. */
  readonly locks: Map<number, { readonly note: string }> = new Map();
  onOperation: OperationHook | undefined;
  onRead: OperationHook<ReadKind> | undefined;
  freezeAfter: number;
  capacityBytes: number;
  usedBytes = 0;
  operationCount = 0;
  isFrozen = false;
  #nextInode = 2;

  constructor(options: MemoryFileSystemOptions, root?: DirectoryInode) {
    this.options = options;
    this.tracksChanges = options.crashModel ?? true;
    this.soon = options.soon ?? queueMicrotask;
    this.wallMs = options.wallMs ?? ((): number => 0);
    this.onOperation = options.onOperation;
    this.onRead = options.onRead;
    this.freezeAfter = options.freezeAfter ?? Number.POSITIVE_INFINITY;
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
    this.root = root ?? new DirectoryInode(1, this.tracksChanges);
    if (root !== undefined) this.#adopt(root, new Set());
  }

  /** The gate of changing operations: throws `Frozen` or a fault's error; returns other faults. */
  passChange(kind: ChangeKind, path: string): Fault | undefined {
    const fault = this.askChange(kind, path);
    if (fault?.error !== undefined) throw diskError(fault.error, kind, path);
    return fault;
  }

  /** The same, but an error fault is returned and not thrown. */
  askChange(kind: ChangeKind, path: string): Fault | undefined {
    this.assertThawed();
    if (this.operationCount >= this.freezeAfter) this.freeze();
    const index = this.operationCount++;
    return this.onOperation && this.#ask(this.onOperation, { index, kind, path });
  }

  /** The gate of reads. */
  passRead(kind: ReadKind, path: string): void {
    this.assertThawed();
    if (this.onRead === undefined) return;
    const fault = this.#ask(this.onRead, { index: this.operationCount, kind, path });
    if (fault?.error !== undefined) throw diskError(fault.error, kind, path);
  }

  assertThawed(): void {
    if (this.isFrozen) throw new Frozen();
  }

  /** Freezes and throws. */
  freeze(): never {
    this.isFrozen = true;
    throw new Frozen(`the file system froze before operation ${this.operationCount}`);
  }

  newFile(): FileInode {
    const file = new FileInode(this.#nextInode++, this.tracksChanges);
    file.modifiedMs = this.wallMs();
    return file;
  }

  newDirectory(): DirectoryInode {
    const directory = new DirectoryInode(this.#nextInode++, this.tracksChanges);
    directory.modifiedMs = this.wallMs();
    return directory;
  }

  /** Where `path` leads; throws `ENOENT` or `ENOTDIR` if its parent is missing or no directory. */
  place(path: string, operation: string): Place {
    const names = pathNames(path);
    let directory = this.root;
    for (let at = 0; at + 1 < names.length; at++) {
      const next = directory.visible.get(names[at] as string);
      if (next === undefined) throw diskError('ENOENT', operation, path);
      if (next.kind !== 'directory') throw diskError('ENOTDIR', operation, path);
      directory = next;
    }
    const name = names[names.length - 1];
    // The root has no name; no operation may take or replace it.
    if (name === undefined) return { directory, name: '', inode: this.root };
    return { directory, name, inode: directory.visible.get(name) };
  }

  /** What is at `path`, or `undefined`. */
  find(path: string): Inode | undefined {
    try {
      return this.place(path, 'stat').inode;
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  /** The directory at `path`; `ENOENT`, `ENOTDIR`. */
  directory(path: string, operation: string): DirectoryInode {
    const { inode } = this.place(path, operation);
    if (inode === undefined) throw diskError('ENOENT', operation, path);
    if (inode.kind !== 'directory') throw diskError('ENOTDIR', operation, path);
    return inode;
  }

  /** Gives a new file its name. */
  link(place: Place, inode: Inode): void {
    place.directory.change({
      removes: undefined,
      adds: { name: place.name, inode },
      after: undefined,
    });
    place.directory.modifiedMs = this.wallMs();
  }

  /** Takes the name away. */
  unlink(place: Place): void {
    place.directory.change({ removes: place.name, adds: undefined, after: undefined });
    place.directory.modifiedMs = this.wallMs();
    this.forget(place.inode);
  }

  /** Gives back the space of something that has no name any more. */
  forget(inode: Inode | undefined): void {
    if (inode?.kind !== 'file' || !inode.isLinked) return;
    inode.isLinked = false;
    this.usedBytes -= inode.visible.sizeBytes;
  }

  /** How large a file may become now if it asks for `sizeBytes`. */
  sizeAllowed(file: FileInode, sizeBytes: number): number {
    const growth = sizeBytes - file.visible.sizeBytes;
    const free = Math.max(0, this.capacityBytes - this.usedBytes);
    return growth <= free ? sizeBytes : file.visible.sizeBytes + free;
  }

  /** Books a change of size. */
  book(file: FileInode, growthBytes: number): void {
    if (file.isLinked) this.usedBytes += growthBytes;
    file.modifiedMs = this.wallMs();
  }

  #ask<Kind>(
    hook: OperationHook<Kind>,
    operation: Parameters<OperationHook<Kind>>[0],
  ): Fault | undefined {
    try {
      return hook(operation);
    } catch (error) {
      if (error instanceof Frozen) this.isFrozen = true;
      throw error;
    }
  }

  #adopt(directory: DirectoryInode, seen: Set<Inode>): void {
    this.#nextInode = Math.max(this.#nextInode, directory.number + 1);
    for (const inode of directory.visible.values()) {
      if (seen.has(inode)) continue;
      seen.add(inode);
      this.#nextInode = Math.max(this.#nextInode, inode.number + 1);
      if (inode.kind === 'directory') this.#adopt(inode, seen);
      else this.usedBytes += inode.visible.sizeBytes;
    }
  }
}
