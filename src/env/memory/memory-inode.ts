/**
 * What lies on the modelled disk: files and directories, each twice over. *Visible* is what calls
 * see (the page cache), *durable* what is there after a power cut whatever happens; between them
 * lies the ordered list of changes that were not synced. A sync carries changes over, a crash
 * decides on each of them (`crash-image.ts`).
 *
 * INV-1: durable with all pending changes applied equals visible, unless a flush failed: then what
 * it should have carried stays visible and never becomes durable (the page cache marks it clean).
 */
import { PagedBytes } from './paged-bytes.ts';

/** One change of a file's bytes that is not durable yet. */
export type PendingChange =
  | {
      readonly kind: 'write';
      readonly sequence: number;
      readonly position: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'resize'; readonly sequence: number; readonly sizeBytes: number };

/** Applies a change in full. */
export function applyChange(target: PagedBytes, change: PendingChange): void {
  if (change.kind === 'resize') target.resize(change.sizeBytes);
  else target.write(change.bytes, 0, change.bytes.length, change.position);
}

/** A file, wherever its names are. */
export class FileInode {
  readonly kind = 'file';
  readonly number: number;
  visible: PagedBytes = new PagedBytes();
  durable: PagedBytes = new PagedBytes();
  pending: PendingChange[] = [];
  /** Whether a flush failed, so that `visible` holds what `durable` will never get. */
  hasLostWrites = false;
  modifiedMs = 0;
  /** Whether a name leads here; without one it takes no space of the disk. */
  isLinked = true;
  #sequence = 0;
  readonly #tracksChanges: boolean;

  /** Without `tracksChanges` everything is durable at once. */
  constructor(number: number, tracksChanges: boolean) {
    this.number = number;
    this.#tracksChanges = tracksChanges;
    if (!tracksChanges) this.durable = this.visible;
  }

  /** The newest change there is; what a background sync that starts now will cover. */
  get lastSequence(): number {
    return this.#sequence;
  }

  write(source: Uint8Array, offset: number, length: number, position: number): void {
    this.visible.write(source, offset, length, position);
    if (!this.#tracksChanges || length === 0) return;
    // Not `slice`: on a Buffer that is a view, and the writer goes on to use its memory.
    const bytes = new Uint8Array(length);
    bytes.set(source.subarray(offset, offset + length));
    this.pending.push({ kind: 'write', sequence: ++this.#sequence, position, bytes });
  }

  resize(sizeBytes: number): void {
    this.visible.resize(sizeBytes);
    if (!this.#tracksChanges) return;
    this.pending.push({ kind: 'resize', sequence: ++this.#sequence, sizeBytes });
  }

  /** Makes every change up to `sequence` durable. */
  syncThrough(sequence: number): void {
    if (sequence >= this.#sequence && !this.hasLostWrites) {
      if (this.pending.length > 0) this.durable = this.visible.share();
      this.pending = [];
      return;
    }
    const later = this.pending.filter((change) => change.sequence > sequence);
    for (const change of this.pending) {
      if (change.sequence <= sequence) applyChange(this.durable, change);
    }
    this.pending = later;
  }

  /** A flush that failed: the changes it covered are marked clean and never become durable. */
  loseThrough(sequence: number): void {
    const later = this.pending.filter((change) => change.sequence > sequence);
    if (later.length < this.pending.length) this.hasLostWrites = true;
    this.pending = later;
  }

  /** The same file for another disk, unsynced changes included. */
  clone(): FileInode {
    const copy = new FileInode(this.number, this.#tracksChanges);
    copy.visible = this.visible.share();
    copy.durable = this.#tracksChanges ? this.durable.share() : copy.visible;
    copy.pending = this.pending.slice();
    copy.hasLostWrites = this.hasLostWrites;
    copy.modifiedMs = this.modifiedMs;
    copy.#sequence = this.#sequence;
    return copy;
  }

  /** A file that holds exactly these bytes, durably, under this one's number. */
  withContent(bytes: PagedBytes): FileInode {
    const copy = new FileInode(this.number, this.#tracksChanges);
    copy.visible = bytes;
    copy.durable = this.#tracksChanges ? bytes.share() : bytes;
    copy.modifiedMs = this.modifiedMs;
    return copy;
  }
}

export type Inode = FileInode | DirectoryInode;

/**
 * One change of names in one directory: first `removes` goes, then `adds` stands for `inode`. A
 * rename across directories is one change in each; `after` is then the change in the target that
 * must not be missing when this removal is kept, as in a journal.
 */
export interface NameChange {
  readonly removes: string | undefined;
  readonly adds: { readonly name: string; readonly inode: Inode } | undefined;
  readonly after: { readonly directory: DirectoryInode; readonly change: NameChange } | undefined;
}

/** Applies a change of names in full. */
export function applyNameChange(names: Map<string, Inode>, change: NameChange): void {
  if (change.removes !== undefined) names.delete(change.removes);
  if (change.adds !== undefined) names.set(change.adds.name, change.adds.inode);
}

/** A directory: names, visible and durable. */
export class DirectoryInode {
  readonly kind = 'directory';
  readonly number: number;
  visible: Map<string, Inode> = new Map();
  durable: Map<string, Inode> = new Map();
  pending: NameChange[] = [];
  modifiedMs = 0;
  readonly #tracksChanges: boolean;

  constructor(number: number, tracksChanges: boolean) {
    this.number = number;
    this.#tracksChanges = tracksChanges;
    if (!tracksChanges) this.durable = this.visible;
  }

  get tracksChanges(): boolean {
    return this.#tracksChanges;
  }

  change(change: NameChange): void {
    applyNameChange(this.visible, change);
    if (this.#tracksChanges) this.pending.push(change);
  }

  /** Makes all names durable, and with a name that left for another directory its arrival there. */
  sync(): void {
    for (const change of this.pending) {
      change.after?.directory.syncThrough(change.after.change);
      applyNameChange(this.durable, change);
    }
    this.pending = [];
  }

  /** Makes the changes up to this one durable; does nothing if it already is. */
  syncThrough(last: NameChange): void {
    const end = this.pending.indexOf(last) + 1;
    for (let at = 0; at < end; at++) applyNameChange(this.durable, this.pending[at] as NameChange);
    this.pending.splice(0, end);
  }
}
