/**
 * The one place where an entry changes: `put` points it at another cell and keeps everything that
 * depends on it in step: counts, snapshots, hashes, live bytes, the side table of siblings. Entries
 * without state (collected, or undone when new) stay in table and order, read as absent, and are
 * forgotten later, a few at a time and never while a snapshot is alive.
 */
import { Arena, CHUNK_SHIFT, NO_CHUNK, WORD_MASK } from './arena.ts';
import { type Cell, KIND_PUT } from './cell.ts';
import { CELL_HEADER_WORDS, CELL_REMOVE, appendCell, cellWords, copyCell } from './cell-records.ts';
import { Compaction } from './compaction.ts';
import { Generations, type Siblings, Undo } from './generation.ts';
import { KeyOrder } from './key-order.ts';
import { HAS_PUT, MANY, ORDERED, PRESENT, SYSTEM, VACANT } from './key-records.ts';
import type { KeyRecords } from './key-records.ts';
import { KeyTable } from './key-table.ts';
import type { StateHash } from './state-hash.ts';

const VACANT_MIN = 1024;
const FORGET_SLICE = 128;
const FORGET_PAUSE = 16;
const COMPACT_SLICE_BYTES = 16_384;
/** For bulk loading, which nobody takes back. */
const LOADED_NEW = new Undo('', NO_CHUNK, 0, undefined);
const STATE_FLAGS = PRESENT | HAS_PUT | MANY;

/** How many entries there are of each sort. */
export interface Counts {
  user: number;
  system: number;
  tombstones: number;
  /** All that have state. */
  entries: number;
}

export class EntryStore {
  readonly table: KeyTable;
  readonly records: KeyRecords;
  readonly order: KeyOrder;
  readonly cells: Arena = new Arena();
  /** Siblings of the entries flagged `MANY`. */
  readonly many: Map<number, Siblings> = new Map<number, Siblings>();
  readonly generations: Generations = new Generations();
  readonly compaction: Compaction;
  readonly counts: Counts = { user: 0, system: 0, tombstones: 0, entries: 0 };
  readonly #hashes: StateHash[] = [];
  /** From `#vacantStart` on: entries that lost their state, oldest first. */
  #vacant: number[] = [];
  #vacantStart = 0;
  /** An entry has lost its state: it may be forgotten sooner or later. */
  hasVacated = false;
  #forgetAt = VACANT_MIN;

  constructor(seed: number) {
    this.table = new KeyTable(seed);
    this.records = this.table.records;
    this.order = new KeyOrder(this.records);
    this.compaction = new Compaction(this.cells, this.records);
  }

  /** Bytes of the values that readers get, each up to the next multiple of 4, with meta. */
  get valueBytes(): number {
    return (this.cells.liveWords - this.counts.entries * CELL_HEADER_WORDS) * 4;
  }

  /** A hash that is told of every change from now on. */
  watch(hash: StateHash): void {
    this.#hashes.push(hash);
  }

  /** The entry of a key, made if there is none. Setters begin with it. */
  obtain(key: string): number {
    if (this.#vacant.length >= this.#forgetAt) this.#forgetSome();
    const entry = this.table.obtain(key);
    if (this.table.created) this.order.add(entry);
    return entry;
  }

  /** The same for UTF-8 bytes, quick where they come in ascending order. */
  obtainBytes(source: Uint8Array, start: number, end: number): number {
    const behindAll = this.order.isBehindAll(source, start, end - start);
    const entry = this.table.obtainBytes(source, start, end, behindAll);
    if (behindAll) this.order.append(entry);
    else if (this.table.created) this.order.add(entry);
    return entry;
  }

  /** Makes `cell` what readers get of `entry`; `siblings` where it is not the only sibling. */
  set(entry: number, key: string, cell: Cell, seq: number, siblings: Siblings | undefined): Undo {
    const address = appendCell(this.cells, entry, cell, seq);
    const before = this.put(entry, key, address, siblings);
    if (this.compaction.due) this.compaction.compact(COMPACT_SLICE_BYTES);
    return before;
  }

  /** Points an entry at a cell (0: no state). */
  put(entry: number, key: string, address: number, siblings: Siblings | undefined): Undo {
    const { words } = this.records.arena.chunkOf(entry);
    const at = entry & WORD_MASK;
    if (this.#hashes.length > 0) this.#leaveHashes(entry);
    const old = words[at + 1] as number;
    const info = words[at + 2] as number;
    const oldWords = words[at] as number;
    const before = this.#before(entry, key, old, info);
    if (this.generations.active) this.generations.record(entry, before);
    const flags = address === 0 ? 0 : this.#flagsFor(address, siblings);
    words[at] = address === 0 ? 0 : this.#wordsAt(address);
    words[at + 1] = address;
    words[at + 2] = (info & ~STATE_FLAGS) | flags;
    if (old !== 0) this.cells.release(before.chunk, oldWords);
    if (siblings !== undefined) this.many.set(entry, siblings);
    else if ((info & MANY) !== 0) this.many.delete(entry);
    if (old !== 0) this.#count(info, -1);
    if (address !== 0) this.#count((info & SYSTEM) | flags, 1);
    else this.#vacate(entry);
    if (this.#hashes.length > 0) this.#enterHashes(entry);
    return before;
  }

  /** Takes all state from a key; does nothing where there is none. */
  clear(key: string): Undo {
    const entry = this.table.find(key);
    if (entry === 0) return new Undo(key, NO_CHUNK, 0, undefined);
    return this.put(entry, key, 0, undefined);
  }

  /** Gives an entry the state that an undo names. */
  restore(undo: Undo): void {
    const { key, chunk, at, siblings } = undo;
    if (chunk === NO_CHUNK) {
      const entry = this.table.find(key);
      if (entry !== 0 && this.records.cellOf(entry) !== 0) this.put(entry, key, 0, undefined);
      return;
    }
    const entry = this.obtain(key);
    if (chunk.index < 0 || chunk.evacuating) {
      this.put(entry, key, copyCell(this.cells, chunk, at, entry), siblings);
      return;
    }
    const address = (chunk.index << CHUNK_SHIFT) | at;
    if (this.records.cellOf(entry) === address) return;
    this.cells.revive(chunk, cellWords(chunk.words, at));
    chunk.words[at] = entry;
    this.put(entry, key, address, siblings);
  }

  #before(entry: number, key: string, old: number, info: number): Undo {
    if (old === 0) return key === '' ? LOADED_NEW : new Undo(key, NO_CHUNK, 0, undefined);
    const siblings = (info & MANY) === 0 ? undefined : this.many.get(entry);
    return new Undo(key, this.cells.chunkOf(old), old & WORD_MASK, siblings);
  }

  #flagsFor(address: number, siblings: Siblings | undefined): number {
    const { words } = this.cells.chunkOf(address);
    const at = address & WORD_MASK;
    const shows = ((words[at + 2] as number) & CELL_REMOVE) === 0;
    if (siblings === undefined) return shows ? PRESENT | HAS_PUT : 0;
    const hasPut = siblings.cells.some((cell) => cell.kind === KIND_PUT);
    return MANY | (shows ? PRESENT : 0) | (hasPut ? HAS_PUT : 0);
  }

  #wordsAt(address: number): number {
    return cellWords(this.cells.chunkOf(address).words, address & WORD_MASK);
  }

  #count(flags: number, by: 1 | -1): void {
    const { counts } = this;
    counts.entries += by;
    if ((flags & HAS_PUT) === 0) counts.tombstones += by;
    if ((flags & PRESENT) === 0) return;
    if ((flags & SYSTEM) === 0) counts.user += by;
    else counts.system += by;
  }

  #leaveHashes(entry: number): void {
    for (const hash of this.#hashes) hash.leave(entry);
  }

  #enterHashes(entry: number): void {
    for (const hash of this.#hashes) hash.enter(entry);
  }

  #vacate(entry: number): void {
    if ((this.records.flagsOf(entry) & VACANT) !== 0) return;
    this.records.setFlags(entry, VACANT, 0);
    this.hasVacated = true;
    this.#vacant.push(entry);
  }

  /**
   * Entries still without state leave table and order, oldest first, once they are in order and no
   * snapshot reads. A few at a time: a setter calls this.
   */
  #forgetSome(): void {
    const vacant = this.#vacant;
    if (this.generations.alive()) {
      this.#forgetAt = vacant.length + VACANT_MIN;
      return;
    }
    const end = Math.min(vacant.length, this.#vacantStart + FORGET_SLICE);
    while (this.#vacantStart < end && this.#forget(vacant[this.#vacantStart] as number)) {
      this.#vacantStart++;
    }
    // The order is behind: help it along, and come back a little later.
    if (this.#vacantStart < end) this.order.settle(VACANT_MIN);
    if (this.#vacantStart * 2 > vacant.length) {
      this.#vacant = vacant.slice(this.#vacantStart);
      this.#vacantStart = 0;
    }
    const wait = this.#vacant.length - this.#vacantStart < VACANT_MIN ? VACANT_MIN : FORGET_PAUSE;
    this.#forgetAt = this.#vacant.length + wait;
  }

  #forget(entry: number): boolean {
    const { records } = this;
    if (records.cellOf(entry) !== 0) {
      records.setFlags(entry, 0, VACANT);
      return true;
    }
    if ((records.flagsOf(entry) & ORDERED) === 0) return false;
    this.order.remove(entry);
    this.table.remove(entry);
    records.free(entry);
    return true;
  }
}
