/**
 * What the lane sees: the published state with the commits that are not yet durable laid over it.
 * Readers outside the lane see only the published state (INV-2); a failed flush drops the overlay
 * and nothing has happened.
 */
import {
  decodeValue,
  type Entry,
  formatStamp,
  type Sibling,
  type Value,
} from '../../core/index.ts';
import {
  type Cell,
  type EntryRef,
  KIND_PUT,
  KIND_REMOVE,
  type OriginTable,
  type Storage,
  type View,
} from '../storage/index.ts';

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

const VALUE_CODEC_MASK = 0x0f;
const NO_SIBLINGS: readonly Cell[] = [];

/** Published entries left in the map beyond which it is cleared of them. */
const STALE_MAX = 10_000;

export class Overlay {
  readonly storage: Storage;
  readonly #origins: OriginTable;
  /**
   * The last pending entry of each key. What was published stays until nothing is pending (then the
   * whole map goes, which is far cheaper than deleting key by key) and is passed over by its seq.
   */
  #entries = new Map<string, PendingEntry>();
  #publishedSeq = 0;
  #pending = 0;

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

  add(entry: PendingEntry): void {
    this.#pending++;
    this.#entries.set(entry.key, entry);
  }

  /** Moves the entries of one commit into the published state. */
  publish(seq: number, first: PendingEntry | undefined): void {
    for (let entry = first; entry !== undefined; entry = entry.next) {
      const { key, siblings, view, ref } = entry;
      if (siblings === undefined || view === undefined) {
        const isKnown = ref !== 0 && !this.storage.hasCollected;
        if (isKnown) this.storage.setAt(ref, key, entry.cell, seq);
        else this.storage.setSingle(key, entry.cell, seq);
      } else this.storage.setSiblings(key, siblings, view, seq);
      this.#pending--;
    }
    this.#publishedSeq = seq;
    if (this.#pending === 0) {
      if (this.#entries.size > 0) this.#entries = new Map();
    } else if (this.#entries.size > this.#pending + STALE_MAX) this.#clearPublished();
  }

  drop(): void {
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

/** The value of a cell, an own copy; `undefined` for a remove. */
export function valueOfCell(cell: Cell): Value | undefined {
  if (cell.kind === KIND_REMOVE) return undefined;
  return decodeValue(cell.valueHead & VALUE_CODEC_MASK, cell.source, cell.start, cell.end, false);
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

function describeSibling(origins: OriginTable, cell: Cell): Sibling {
  const origin = origins.text(cell.origin);
  const { ms, counter, originSeq } = cell;
  return {
    kind: cell.kind === KIND_PUT ? 'put' : 'remove',
    value: valueOfCell(cell),
    stamp: formatStamp({ ms, counter, origin, originSeq }),
    origin,
  };
}
