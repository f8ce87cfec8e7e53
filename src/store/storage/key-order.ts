/**
 * Entries in key order: sorted leaves of up to 512 entries, and an unsorted tail of entries that
 * came since. Adding appends to the tail (or, while keys come in order, to the last leaf), so that
 * writes stay cheap; whoever reads a range settles the tail first: it is sorted and merged leaf by
 * leaf. `version` changes whenever places move, and readers in flight seek again.
 */
import { type KeyRecords, ORDERED } from './key-records.ts';
import { KeySort } from './key-sort.ts';

const LEAF_MAX = 512;
/** What a merge fills leaves to, so that single insertions fit. */
const LEAF_FILL = 448;
const SLICE_MAX = 8192;

/** A sorted run; valid below `length`. */
export interface Leaf {
  items: Int32Array;
  length: number;
}

export class KeyOrder {
  /** Sorted among each other; none is empty. */
  leaves: Leaf[] = [];
  /** Changes when the place of any entry changed. */
  version = 0;
  /** Result of `seek`: the place is before item `index` of leaf `leaf`. */
  leaf = 0;
  index = 0;
  readonly #records: KeyRecords;
  readonly #sort: KeySort;
  #tail = new Int32Array(64);
  #tailStart = 0;
  #tailEnd = 0;

  constructor(records: KeyRecords) {
    this.#records = records;
    this.#sort = new KeySort(records);
  }

  /** Entries not yet in order. */
  get unsettled(): number {
    return this.#tailEnd - this.#tailStart;
  }

  /** Bytes of memory. */
  get bytes(): number {
    let bytes = this.#tail.byteLength;
    for (const leaf of this.leaves) bytes += leaf.items.byteLength + 160;
    return bytes;
  }

  /** Takes in a new entry. */
  add(entry: number): void {
    if (this.#tailEnd === this.#tailStart && this.isLast(entry)) {
      this.append(entry);
      return;
    }
    if (this.#tailEnd === this.#tail.length) this.#growTail();
    this.#tail[this.#tailEnd++] = entry;
  }

  /** Whether the entry's key is behind all that are in order. */
  isLast(entry: number): boolean {
    const last = this.leaves[this.leaves.length - 1];
    if (last === undefined) return true;
    return this.#records.compare(last.items[last.length - 1] as number, entry, 0) < 0;
  }

  /** Whether UTF-8 bytes are a key behind all that are known; `false` while a tail exists. */
  isBehindAll(source: Uint8Array, start: number, length: number): boolean {
    if (this.#tailEnd !== this.#tailStart) return false;
    const last = this.leaves[this.leaves.length - 1];
    if (last === undefined) return true;
    const greatest = last.items[last.length - 1] as number;
    return this.#records.compareBytes(greatest, source, start, length, 0) < 0;
  }

  /**
   * Sorts in at most `maxEntries` of the tail (fewer where that would take long); `true` when all
   * are.
   */
  settle(maxEntries: number = Number.POSITIVE_INFINITY): boolean {
    let left = maxEntries;
    while (this.unsettled > 0) {
      if (left <= 0) return false;
      const bounded = left < this.unsettled && this.leaves.length > 0;
      const count = Math.min(left, this.unsettled, bounded ? SLICE_MAX : Number.POSITIVE_INFINITY);
      this.#settleRun(count);
      if (bounded) return this.unsettled === 0;
      left -= count;
    }
    return true;
  }

  /** Finds the first place whose key is ≥ the given bytes (`after`: greater). */
  seek(source: Uint8Array, length: number, after: boolean): void {
    const { leaves } = this;
    const bound = after ? 1 : 0;
    let low = 0;
    let high = leaves.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = (leaves[middle] as Leaf).items[0] as number;
      if (this.#records.compareBytes(first, source, 0, length, 0) < bound) low = middle + 1;
      else high = middle;
    }
    const number = low - 1;
    const leaf = leaves[number];
    this.leaf = low;
    this.index = 0;
    if (leaf === undefined) return;
    const index = this.#placeIn(leaf, source, length, bound);
    if (index === leaf.length) return;
    this.leaf = number;
    this.index = index;
  }

  /** Takes an entry that is in order out of it. */
  remove(entry: number): void {
    const key = this.#records.keyBytesOf(entry);
    this.seek(key, key.length, false);
    const leaf = this.leaves[this.leaf] as Leaf;
    leaf.items.copyWithin(this.index, this.index + 1, leaf.length);
    leaf.length--;
    this.version++;
    if (leaf.length === 0) this.leaves.splice(this.leaf, 1);
    else if (leaf.length < 64) this.#join(this.leaf);
  }

  #join(number: number): void {
    const leaf = this.leaves[number] as Leaf;
    const next = this.leaves[number + 1];
    if (next === undefined || leaf.length + next.length > LEAF_FILL) return;
    const items = new Int32Array(LEAF_MAX);
    items.set(leaf.items.subarray(0, leaf.length));
    items.set(next.items.subarray(0, next.length), leaf.length);
    this.leaves.splice(number, 2, { items, length: leaf.length + next.length });
  }

  #placeIn(leaf: Leaf, source: Uint8Array, length: number, bound: number): number {
    let low = 0;
    let high = leaf.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = leaf.items[middle] as number;
      if (this.#records.compareBytes(entry, source, 0, length, 0) < bound) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #growTail(): void {
    const count = this.unsettled;
    const larger = count * 2 > this.#tail.length ? this.#tail.length * 2 : this.#tail.length;
    const tail = new Int32Array(larger);
    tail.set(this.#tail.subarray(this.#tailStart, this.#tailEnd));
    this.#tail = tail;
    this.#tailStart = 0;
    this.#tailEnd = count;
  }

  /** Takes in an entry that is known to be behind all others. */
  append(entry: number): void {
    this.#records.setFlags(entry, ORDERED, 0);
    let last = this.leaves[this.leaves.length - 1];
    if (last === undefined || last.length === LEAF_MAX) {
      last = { items: new Int32Array(LEAF_MAX), length: 0 };
      this.leaves.push(last);
    }
    if (last.length === last.items.length) last.items = resized(last.items, LEAF_MAX);
    last.items[last.length++] = entry;
  }

  #settleRun(count: number): void {
    const run = this.#tail.slice(this.#tailStart, this.#tailStart + count);
    this.#tailStart += count;
    if (this.#tailStart === this.#tailEnd) {
      this.#tailStart = 0;
      this.#tailEnd = 0;
      if (this.#tail.length > 65_536) this.#tail = new Int32Array(64);
    }
    for (let index = 0; index < run.length; index++) {
      this.#records.setFlags(run[index] as number, ORDERED, 0);
    }
    this.#sort.sort(run);
    this.version++;
    if (run.length * 8 < this.leaves.length) this.#insertEach(run);
    else this.#merge(run);
  }

  #insertEach(run: Int32Array): void {
    for (let index = 0; index < run.length; index++) {
      const entry = run[index] as number;
      const key = this.#records.keyBytesOf(entry);
      this.seek(key, key.length, false);
      // Before the first item of a leaf is the end of the leaf before it, if there is one.
      const number = this.index === 0 && this.leaf > 0 ? this.leaf - 1 : this.leaf;
      const leaf = this.leaves[number] as Leaf;
      const at = number === this.leaf ? this.index : leaf.length;
      if (leaf.length === leaf.items.length) {
        leaf.items = resized(leaf.items, leaf.length + 64);
      }
      leaf.items.copyWithin(at + 1, at, leaf.length);
      leaf.items[at] = entry;
      leaf.length++;
      if (leaf.length > LEAF_MAX) this.#split(number);
    }
  }

  #split(number: number): void {
    const leaf = this.leaves[number] as Leaf;
    const half = leaf.length >>> 1;
    const right = leaf.items.slice(half, leaf.length);
    leaf.items = resized(leaf.items.subarray(0, half), half + 64);
    leaf.length = half;
    this.leaves.splice(number + 1, 0, { items: right, length: right.length });
  }

  /** Builds the leaves anew, leaf by leaf; those that nothing falls into stay as they are. */
  #merge(run: Int32Array): void {
    const old = this.leaves;
    const leaves: Leaf[] = [];
    let next = 0;
    for (let number = 0; number < old.length; number++) {
      const leaf = old[number] as Leaf;
      const following = old[number + 1];
      const end =
        following === undefined ? run.length : this.#upTo(run, next, following.items[0] as number);
      if (end === next) leaves.push(leaf);
      else pushRun(leaves, this.#mergeLeaf(leaf, run, next, end));
      next = end;
    }
    if (old.length === 0) pushRun(leaves, run);
    this.leaves = leaves;
  }

  /**
   * The first of `run` from `from` on that is greater than `entry`; steps that double, then halves.
   */
  #upTo(run: Int32Array, from: number, entry: number): number {
    let low = from;
    let step = 1;
    while (low + step <= run.length && this.#isBefore(run[low + step - 1] as number, entry)) {
      low += step;
      step *= 2;
    }
    let high = Math.min(run.length, low + step);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBefore(run[middle] as number, entry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isBefore(left: number, right: number): boolean {
    return this.#records.compare(left, right, 0) < 0;
  }

  #mergeLeaf(leaf: Leaf, run: Int32Array, from: number, end: number): Int32Array {
    const merged = new Int32Array(leaf.length + end - from);
    const gap = Math.max(1, Math.floor(leaf.length / (end - from + 1)));
    let taken = 0;
    let to = 0;
    for (let index = from; index < end; index++) {
      const entry = run[index] as number;
      const place = this.#placeAfter(leaf, taken, entry, gap);
      while (taken < place) merged[to++] = leaf.items[taken++] as number;
      merged[to++] = entry;
    }
    while (taken < leaf.length) merged[to++] = leaf.items[taken++] as number;
    return merged;
  }

  /** Steps of the expected length first, so that few keys are looked at. */
  #placeAfter(leaf: Leaf, from: number, entry: number, gap: number): number {
    let low = from;
    let step = gap;
    while (
      low + step <= leaf.length &&
      this.#isBefore(leaf.items[low + step - 1] as number, entry)
    ) {
      low += step;
      step *= 2;
    }
    let high = Math.min(leaf.length, low + step);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBefore(leaf.items[middle] as number, entry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function resized(items: Int32Array, capacity: number): Int32Array {
  const larger = new Int32Array(capacity);
  larger.set(items);
  return larger;
}

/** Cuts a sorted run into leaves of about equal length. */
function pushRun(leaves: Leaf[], run: Int32Array): void {
  const { length } = run;
  if (length <= LEAF_MAX) {
    leaves.push({ items: run, length });
    return;
  }
  const pieces = Math.ceil(length / LEAF_FILL);
  for (let piece = 0; piece < pieces; piece++) {
    const from = Math.floor((length * piece) / pieces);
    const items = run.slice(from, Math.floor((length * (piece + 1)) / pieces));
    leaves.push({ items, length: items.length });
  }
}
