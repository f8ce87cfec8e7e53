/**
 * What the lane sees: the published state with the commits that are not yet durable laid over it.
 * Readers outside the lane see only the published state (INV-2); a failed flush drops the overlay
 * and nothing has happened.
 */
import type { Entry, Value } from '../../core/index.ts';
import { describeSibling, isConflict, valueOfCell } from '../operations/index.ts';
import {
  type Cell,
  cellOfView,
  type EntryRef,
  GREATEST,
  KIND_PUT,
  KIND_REMOVE,
  type OriginTable,
  type Storage,
  type Undo,
  type View,
} from '../storage/index.ts';
import { RemovedKeys } from './removed-keys.ts';

/** One key of a pending commit: its post-state. */
export interface PendingEntry {
  readonly key: string;
  readonly seq: number;
  /** The only sibling, or, of several, the one that readers get. */
  readonly cell: Cell;
  /** Sorted by stamp; `undefined` where `cell` is the only one. */
  readonly siblings: readonly Cell[] | undefined;
  readonly view: View | undefined;
  /** The key's entry in L1, looked up when the commit was admitted; 0 if it was not. */
  readonly ref: EntryRef;
  /** The next key of the same commit. */
  next: PendingEntry | undefined;
}

/** The entry of an own write: its cell is the only sibling. */
export function newEntry(key: string, seq: number, cell: Cell, ref: EntryRef): PendingEntry {
  return { key, seq, cell, siblings: undefined, view: undefined, ref, next: undefined };
}

/** The entry of a key with several siblings, sorted by stamp, as its view shows them. */
export function entryOfSeveral(
  key: string,
  seq: number,
  siblings: readonly Cell[],
  view: View,
): PendingEntry {
  return { key, seq, cell: cellOfView(siblings, view), siblings, view, ref: 0, next: undefined };
}

/** The entries as one commit holds them; gives the first. */
export function linkedEntries(entries: readonly PendingEntry[]): PendingEntry | undefined {
  for (let index = 1; index < entries.length; index++) {
    (entries[index - 1] as PendingEntry).next = entries[index];
  }
  return entries[0];
}

const NO_SIBLINGS: readonly Cell[] = [];

/** Published entries left in the map beyond which it is cleared of them. */
const STALE_MAX = 10_000;

/** A key has come into conflict or has other siblings (`open`), or its conflict has ended. */
export type ConflictListener = (key: string, open: boolean) => void;

export class Overlay {
  readonly storage: Storage;
  /** Told while a commit is published, inside the writer's stack. */
  onConflict: ConflictListener | undefined = undefined;
  readonly #origins: OriginTable;
  /**
   * The last pending entry of each key. What was published stays until nothing is pending (then the
   * whole map goes, which is far cheaper than deleting key by key) and is passed over by its seq.
   */
  #entries = new Map<string, PendingEntry>();
  #publishedSeq = 0;
  #pending = 0;
  /** Seq of the last pending entry with several siblings. */
  #severalSeq = 0;
  /** Where a collection of tombstones looks. */
  readonly removed: RemovedKeys = new RemovedKeys();

  constructor(storage: Storage, origins: OriginTable) {
    this.storage = storage;
    this.#origins = origins;
  }

  get isEmpty(): boolean {
    return this.#pending === 0;
  }

  *keys(): IterableIterator<string> {
    for (const [key, { seq }] of this.#entries) if (seq > this.#publishedSeq) yield key;
  }

  pendingOf(key: string): PendingEntry | undefined {
    if (this.#pending === 0) return undefined;
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.seq > this.#publishedSeq ? entry : undefined;
  }

  /** Whether it ends a conflict. */
  add(entry: PendingEntry): boolean {
    const { key, siblings } = entry;
    const isAlone = siblings === undefined;
    const ends = isAlone && this.#mayConflict() && isConflict(this.siblingsOf(key));
    if (!isAlone) this.#severalSeq = entry.seq;
    this.#pending++;
    this.#entries.set(key, entry);
    return ends;
  }

  /** One look that plain writes of a world without conflicts pay. */
  #mayConflict(): boolean {
    return this.storage.hasSeveral || this.#severalSeq > this.#publishedSeq;
  }

  /** Moves the entries of one commit into the published state. */
  publish(seq: number, first: PendingEntry | undefined): void {
    for (let entry = first; entry !== undefined; entry = entry.next) {
      const { key, siblings, view, ref } = entry;
      if (siblings === undefined || view === undefined) {
        const isKnown = ref !== 0 && !this.storage.hasCollected;
        const undo = isKnown
          ? this.storage.setAt(ref, key, entry.cell, seq)
          : this.storage.setSingle(key, entry.cell, seq);
        if (undo.siblings !== undefined) this.#tell(entry, undo);
      } else this.#tell(entry, this.storage.setSiblings(key, siblings, view, seq));
      if (entry.cell.kind === KIND_REMOVE) this.removed.add(key);
      this.#pending--;
    }
    this.#publishedSeq = seq;
    if (this.#pending === 0) {
      if (this.#entries.size > 0) this.#entries = new Map();
    } else if (this.#entries.size > this.#pending + STALE_MAX) this.#clearPublished();
  }

  #tell({ key, siblings = [] }: PendingEntry, before: Undo): void {
    if (this.onConflict === undefined) return;
    const open = isConflict(siblings);
    if (open || isConflict(before.siblings?.cells ?? [])) this.onConflict(key, open);
  }

  drop(): void {
    this.#severalSeq = 0;
    this.#entries = new Map();
    this.#pending = 0;
  }

  #clearPublished(): void {
    const left = new Map<string, PendingEntry>();
    for (const [key, entry] of this.#entries)
      if (entry.seq > this.#publishedSeq) left.set(key, entry);
    this.#entries = left;
  }

  /** This log's seq of the last event of the key; 0 if there was none. */
  lastSeq(key: string): number {
    const pending = this.pendingOf(key);
    if (pending !== undefined) return pending.seq;
    const ref = this.storage.find(key);
    return ref === 0 ? 0 : this.storage.lastSeq(ref);
  }

  /** The same for a key whose entry in L1 is at hand. */
  lastSeqAt(key: string, ref: EntryRef): number {
    return this.pendingOf(key)?.seq ?? this.storage.lastSeq(ref);
  }

  siblingsOf(key: string): readonly Cell[] {
    const pending = this.pendingOf(key);
    if (pending !== undefined) return pending.siblings ?? [pending.cell];
    return this.storage.readEntry(this.storage.find(key))?.siblings ?? NO_SIBLINGS;
  }

  /** How the view of the key was made. */
  viewOf(key: string): View {
    const pending = this.pendingOf(key);
    if (pending !== undefined) return pending.view ?? GREATEST;
    return this.storage.viewOf(this.storage.find(key));
  }

  /** Keys that may have several siblings; `siblingsOf` tells. */
  severalKeys(): Set<string> {
    const keys = new Set(this.storage.conflicts());
    for (const [key, { seq, siblings }] of this.#entries) {
      if (seq > this.#publishedSeq && siblings !== undefined) keys.add(key);
    }
    return keys;
  }

  hasPut(key: string): boolean {
    const pending = this.pendingOf(key);
    if (pending === undefined) {
      const ref = this.storage.find(key);
      return ref !== 0 && this.storage.hasPut(ref);
    }
    if (pending.siblings === undefined) return pending.cell.kind === KIND_PUT;
    return pending.siblings.some((sibling) => sibling.kind === KIND_PUT);
  }

  get(key: string): Value | undefined {
    const pending = this.pendingOf(key);
    return pending === undefined ? this.storage.get(key) : valueOfCell(pending.cell);
  }

  has(key: string): boolean {
    const pending = this.pendingOf(key);
    return pending === undefined ? this.storage.has(key) : pending.cell.kind === KIND_PUT;
  }

  /** `undefined` where no put sibling is left. */
  entryOf(key: string): Entry | undefined {
    const pending = this.pendingOf(key);
    if (pending === undefined) return storedEntry(this.storage, this.#origins, key);
    const siblings = pending.siblings ?? [pending.cell];
    return describeEntry(this.#origins, { siblings, viewCell: pending.cell, view: pending.view });
  }
}

/** The entry of a key in the published state; `undefined` where no put sibling is left. */
export function storedEntry(
  storage: Storage,
  origins: OriginTable,
  key: string,
): Entry | undefined {
  const state = storage.readEntry(storage.find(key));
  return state === undefined ? undefined : describeEntry(origins, state);
}

interface DescribedState {
  readonly siblings: readonly Cell[];
  readonly viewCell: Cell | undefined;
  readonly view: View | undefined;
}

/** An entry as readers get it; `undefined` where no put sibling is left. */
export function describeEntry(origins: OriginTable, state: DescribedState): Entry | undefined {
  const { siblings: cells, viewCell, view } = state;
  if (!cells.some((cell) => cell.kind === KIND_PUT)) return undefined;
  const siblings = cells.map((cell) => describeSibling(origins, cell));
  const value = viewCell === undefined ? undefined : valueOfCell(viewCell);
  return {
    value,
    present: value !== undefined,
    undecided: view?.kind === 'undecided',
    siblings,
    stamps: siblings.map((sibling) => sibling.stamp),
  };
}
