/**
 * L1: the present state of a world in memory, by key and in key order. Setters put post-states,
 * they validate nothing, emit nothing and are idempotent; each says how to take it back. Values
 * stay encoded until somebody reads them. The parts: key table and records (find a key), cell
 * records (values), key order (ranges), generations (snapshots), state hashes, compaction.
 */
import type { Value } from '../../core/index.ts';
import type { Crypto } from '../../env/index.ts';
import type { RangeBounds } from './bounds.ts';
import { type Cell, type EntryState, GREATEST, type View } from './cell.ts';
import { cellOfView, compareStamps, ownCell } from './cell.ts';
import { contentKind, stateKind } from './entry-hash.ts';
import { EntryStore } from './entry-store.ts';
import type { Undo } from './generation.ts';
import { FREE, HAS_PUT, PRESENT, SYSTEM } from './key-records.ts';
import { Locator, decodeCell } from './locator.ts';
import { WORD_MASK } from './arena.ts';
import type { OriginTable } from './origin-table.ts';
import { RangeCursor } from './range.ts';
import { StateHash } from './state-hash.ts';
import { StorageSnapshot } from './storage-snapshot.ts';

/** An entry by address; 0 is none. Valid until the next setter. */
export type EntryRef = number;

export interface StorageOptions {
  /** 32 unpredictable bits per process, against prepared collisions. */
  readonly hashSeed: number;
  readonly crypto: Crypto;
  readonly origins: OriginTable;
}

/** Bytes of keys, of the values that readers get, and of the memory that holds everything. */
export interface StorageBytes {
  readonly keys: number;
  readonly values: number;
  readonly memory: number;
}

/** Which of the two hashes. */
export type HashName = 'state' | 'content';

export class Storage {
  readonly #store: EntryStore;
  readonly #origins: OriginTable;
  readonly #locator: Locator;
  readonly #stateHash: StateHash;
  readonly #contentHash: StateHash;

  constructor(options: StorageOptions) {
    const { crypto, origins, hashSeed } = options;
    this.#store = new EntryStore(hashSeed);
    this.#origins = origins;
    this.#locator = this.#newLocator();
    const { records } = this.#store;
    const own = this.#newLocator();
    this.#stateHash = new StateHash(crypto, records, stateKind(records, own, origins));
    this.#contentHash = new StateHash(crypto, records, contentKind(records, own));
  }

  /** The key's one sibling is `cell`, a put or a remove. The bytes of the cell are copied. */
  setSingle(key: string, cell: Cell, seq: number): Undo {
    return this.#store.set(this.#store.obtain(key), key, cell, seq, undefined);
  }

  /**
   * The entry of a key, made without state if there is none: readers do not see it. For a writer
   * that looks a key up once and sets it later; valid until a key is collected (`hasCollected`).
   */
  obtain(key: string): EntryRef {
    return this.#store.obtain(key);
  }

  /** Whether entries may have been forgotten: what `obtain` gave before is then not to be used. */
  get hasCollected(): boolean {
    return this.#store.hasVacated;
  }

  /** `setSingle` of a key that was obtained. */
  setAt(ref: EntryRef, key: string, cell: Cell, seq: number): Undo {
    return this.#store.set(ref, key, cell, seq, undefined);
  }

  /**
   * The key's siblings are these (at least one, copied, kept sorted by stamp: the index of a
   * `sibling` view counts in that order), and readers get `view` of them.
   */
  setSiblings(key: string, siblings: readonly Cell[], view: View, seq: number): Undo {
    const [first] = siblings;
    if (siblings.length === 1 && first !== undefined && view.kind === 'greatest') {
      return this.setSingle(key, first, seq);
    }
    const cells = siblings.map(ownCell);
    cells.sort((left, right) => compareStamps(left, right, this.#origins));
    const kept = view.kind === 'value' ? { ...view, bytes: new Uint8Array(view.bytes) } : view;
    const shown = cellOfView(cells, kept);
    const entry = this.#store.obtain(key);
    return this.#store.set(entry, key, shown, seq, { cells, view: kept });
  }

  /** Forgets the key altogether: a tombstone that nobody needs any more. */
  collect(key: string): Undo {
    return this.#store.clear(key);
  }

  /** The key is again exactly what it was before the setter that gave `undo`. Newest first. */
  undo(undo: Undo): void {
    this.#store.restore(undo);
  }

  /** `setSingle` with the key as UTF-8 bytes: quick for keys in ascending order, right for any. */
  loadSorted(
    keySource: Uint8Array,
    keyStart: number,
    keyEnd: number,
    cell: Cell,
    seq: number,
  ): void {
    const entry = this.#store.obtainBytes(keySource, keyStart, keyEnd);
    this.#store.set(entry, '', cell, seq, undefined);
  }

  /** The entry of a key; 0 if the key has no state. */
  find(key: string): EntryRef {
    const entry = this.#store.table.find(key);
    return entry === 0 || this.#store.records.cellOf(entry) === 0 ? 0 : entry;
  }

  /** What readers get of a key, a copy of its own; `undefined` where it is absent. */
  get(key: string): Value | undefined {
    const { table, records, cells } = this.#store;
    const entry = table.find(key);
    if (entry === 0) return undefined;
    const cell = records.cellOf(entry);
    return cell === 0 ? undefined : decodeCell(cells.chunkOf(cell), cell & WORD_MASK);
  }

  /** Whether readers get a value. */
  has(key: string): boolean {
    return this.viewPresent(this.#store.table.find(key));
  }

  /** The entry as objects; `undefined` for 0 and for keys without state. */
  readEntry(ref: EntryRef): EntryState | undefined {
    return ref !== 0 && this.#locator.locate(ref) ? this.#locator.state() : undefined;
  }

  /** The decoded view of an entry. */
  readValue(ref: EntryRef): Value | undefined {
    return ref !== 0 && this.#locator.locate(ref) ? this.#locator.value() : undefined;
  }

  /** This log's seq of the last event of the key; 0 where there is none. */
  lastSeq(ref: EntryRef): number {
    return ref !== 0 && this.#locator.locate(ref) ? this.#locator.seq : 0;
  }

  viewPresent(ref: EntryRef): boolean {
    return ref !== 0 && (this.#store.records.flagsOf(ref) & PRESENT) !== 0;
  }

  /** Whether any sibling is a put; an entry without one is a tombstone. */
  hasPut(ref: EntryRef): boolean {
    return ref !== 0 && (this.#store.records.flagsOf(ref) & HAS_PUT) !== 0;
  }

  siblingCount(ref: EntryRef): number {
    if (ref === 0 || !this.#locator.locate(ref)) return 0;
    return this.#locator.siblings?.cells.length ?? 1;
  }

  /** How the view of an entry was made. */
  viewOf(ref: EntryRef): View {
    if (ref === 0 || !this.#locator.locate(ref)) return GREATEST;
    return this.#locator.siblings?.view ?? GREATEST;
  }

  keyOf(ref: EntryRef): string {
    return this.#store.records.keyOf(ref);
  }

  /** Walks entries in key order, live or at a snapshot. Settles the order first. */
  range(bounds: RangeBounds, snapshot?: StorageSnapshot): RangeCursor {
    if (snapshot !== undefined) return snapshot.range(bounds);
    const { records, order } = this.#store;
    order.settle();
    return new RangeCursor(records, order, this.#newLocator(), bounds);
  }

  /** How many entries `range` would give. */
  count(bounds: RangeBounds, snapshot?: StorageSnapshot): number {
    return this.range(bounds, snapshot).countRest();
  }

  /** The state as it is now, for as long as wanted. O(1). */
  snapshot(): StorageSnapshot {
    return new StorageSnapshot(this.#store);
  }

  /** Keys with more than one sibling, in no particular order; not across setters. */
  *conflicts(): IterableIterator<string> {
    const { many, records } = this.#store;
    for (const [entry, siblings] of many) {
      if (siblings.cells.length > 1) yield records.keyOf(entry);
    }
  }

  /** Whether any key has more than one sibling. */
  get hasSeveral(): boolean {
    return this.#store.many.size > 0;
  }

  /** Keys beginning with `$` that have state, in no particular order; not across setters. */
  *systemKeys(): IterableIterator<string> {
    const { records } = this.#store;
    for (const entry of records.addresses()) {
      const isSystem = (records.flagsOf(entry) & (SYSTEM | FREE)) === SYSTEM;
      if (isSystem && records.cellOf(entry) !== 0) yield records.keyOf(entry);
    }
  }

  /** Keys that read as present. */
  get entryCount(): number {
    const { user, system } = this.#store.counts;
    return user + system;
  }

  get userCount(): number {
    return this.#store.counts.user;
  }

  /** Keys beginning with `$` that read as present. */
  get systemCount(): number {
    return this.#store.counts.system;
  }

  /** Entries whose siblings are all removes. */
  get tombstoneCount(): number {
    return this.#store.counts.tombstones;
  }

  /**
   * Values are counted up to the next multiple of 4 and with meta; siblings in conflict are not.
   */
  get bytes(): StorageBytes {
    const { records, cells, table, order, valueBytes } = this.#store;
    const arenas = (records.arena.capacityWords + cells.capacityWords) * 4;
    const memory = arenas + table.bytes + order.bytes;
    return { keys: records.keyBytes, values: valueBytes, memory };
  }

  /** Hash over all siblings, 64 hex characters; equal for equal states whatever their history. */
  stateHash(): string {
    return this.#watched(this.#stateHash).hash();
  }

  /** Hash over what readers of user keys get. */
  contentHash(): string {
    return this.#watched(this.#contentHash).hash();
  }

  /** Brings a hash up to date by at most so many entries (some 2 µs each); `true` when it is. */
  hashSlice(maxEntries: number, name: HashName = 'state'): boolean {
    const hash = name === 'state' ? this.#stateHash : this.#contentHash;
    return this.#watched(hash).slice(maxEntries);
  }

  /** The 256 sums of the state hash, 32 bytes each, for bisecting a difference. */
  stateHashBuckets(): Uint8Array[] {
    return this.#watched(this.#stateHash).buckets();
  }

  /** Sorts in at most so many new entries; `true` when the order is up to date. */
  settle(maxEntries?: number): boolean {
    return this.#store.order.settle(maxEntries);
  }

  /** Gives memory back, looking at about `maxBytes`; `true` when there is nothing worth it. */
  compact(maxBytes: number): boolean {
    return this.#store.compaction.compact(maxBytes);
  }

  #newLocator(): Locator {
    const { records, cells, many } = this.#store;
    return new Locator(records, cells, many, undefined);
  }

  #watched(hash: StateHash): StateHash {
    if (!hash.active) this.#store.watch(hash);
    hash.active = true;
    return hash;
  }
}
