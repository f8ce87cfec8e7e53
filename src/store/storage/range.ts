/**
 * Walks entries in key order, live or at a snapshot. A cursor survives setters: it keeps the bytes
 * of the key it stands on and seeks again when places in the order moved. What it stands on stays
 * readable. A live cursor may or may not meet keys that are added behind its back.
 */
import { type Value, allocateBytesUnsafe, readUtf8 } from '../../core/index.ts';
import { WORD_MASK } from './arena.ts';
import { type Bound, type BoundPair, boundPair, type RangeBounds } from './bounds.ts';
import type { EntryState } from './cell.ts';
import type { KeyOrder, Leaf } from './key-order.ts';
import { KEY_WORDS, type KeyRecords, SYSTEM } from './key-records.ts';
import type { Locator } from './locator.ts';

const DOLLAR = Uint8Array.of(0x24);
const AFTER_SYSTEM = Uint8Array.of(0x25);

export class RangeCursor {
  /** The entry stood on; valid until the next setter. */
  ref = 0;
  readonly #records: KeyRecords;
  readonly #order: KeyOrder;
  readonly #locator: Locator;
  readonly #pair: BoundPair;
  readonly #reverse: boolean;
  readonly #includeSystem: boolean;
  readonly #includeAbsent: boolean;
  #version = -1;
  /** The next place to look at: before item `index` of leaf `leaf`. */
  #leaf = 0;
  #index = 0;
  #endLeaf = 0;
  #endIndex = 0;
  #key = allocateBytesUnsafe(64);
  #keyLength = 0;
  #ascii = true;

  constructor(records: KeyRecords, order: KeyOrder, locator: Locator, bounds: RangeBounds) {
    this.#records = records;
    this.#order = order;
    this.#locator = locator;
    this.#pair = boundPair(bounds);
    this.#reverse = bounds.reverse === true;
    this.#includeSystem = bounds.includeSystem === true;
    this.#includeAbsent = bounds.includeAbsent === true;
  }

  /** The key stood on. */
  get key(): string {
    return readUtf8(this.#key, 0, this.#keyLength, this.#ascii);
  }

  /** Moves to the next entry; `false` at the end. */
  next(): boolean {
    const entry = this.#advance();
    this.ref = entry;
    if (entry === 0) return false;
    this.#locator.locate(entry);
    this.#keepKey(entry);
    return true;
  }

  /** The decoded view; `undefined` where the key reads as absent. */
  value(): Value | undefined {
    return this.#locator.value();
  }

  /** Whether readers get a value. */
  get present(): boolean {
    return this.#locator.present;
  }

  /** The entry stood on as objects. */
  entry(): EntryState {
    return this.#locator.state();
  }

  /** Counts what is left, without standing anywhere. */
  countRest(): number {
    let count = 0;
    while (this.#advance() !== 0) count++;
    return count;
  }

  #advance(): number {
    if (this.#version !== this.#order.version) this.#seekAll();
    for (;;) {
      const entry = this.#reverse ? this.#stepDown() : this.#stepUp();
      if (entry === 0) return 0;
      if (!this.#includeSystem && (this.#records.flagsOf(entry) & SYSTEM) !== 0) {
        this.#passSystem();
        continue;
      }
      if (this.#locator.accepts(entry, this.#includeAbsent)) return entry;
    }
  }

  #stepUp(): number {
    for (;;) {
      if (this.#leaf > this.#endLeaf) return 0;
      if (this.#leaf === this.#endLeaf && this.#index >= this.#endIndex) return 0;
      const leaf = this.#order.leaves[this.#leaf];
      if (leaf === undefined) return 0;
      if (this.#index < leaf.length) return leaf.items[this.#index++] as number;
      this.#leaf++;
      this.#index = 0;
    }
  }

  #stepDown(): number {
    for (;;) {
      if (this.#leaf < this.#endLeaf) return 0;
      if (this.#leaf === this.#endLeaf && this.#index <= this.#endIndex) return 0;
      if (this.#index > 0) {
        return (this.#order.leaves[this.#leaf] as Leaf).items[--this.#index] as number;
      }
      this.#leaf--;
      if (this.#leaf < 0) return 0;
      this.#index = (this.#order.leaves[this.#leaf] as Leaf).length;
    }
  }

  /** System keys stand together: goes to their other end. */
  #passSystem(): void {
    const limit = { bytes: this.#reverse ? DOLLAR : AFTER_SYSTEM, after: false };
    this.#seek(limit, this.#reverse);
    this.#leaf = this.#order.leaf;
    this.#index = this.#order.index;
  }

  #seekAll(): void {
    const { lower, upper } = this.#pair;
    this.#version = this.#order.version;
    const here = this.ref === 0 ? undefined : this.#here();
    const from = here ?? (this.#reverse ? upper : lower);
    this.#seek(this.#reverse ? lower : upper, !this.#reverse);
    this.#endLeaf = this.#order.leaf;
    this.#endIndex = this.#order.index;
    this.#seek(from, this.#reverse);
    this.#leaf = this.#order.leaf;
    this.#index = this.#order.index;
  }

  #here(): Bound {
    return { bytes: this.#key.subarray(0, this.#keyLength), after: !this.#reverse };
  }

  /** Without a bound: to the last place (`toEnd`) or the first. */
  #seek(bound: Bound | undefined, toEnd: boolean): void {
    const order = this.#order;
    if (bound !== undefined) {
      order.seek(bound.bytes, bound.bytes.length, bound.after);
      return;
    }
    order.leaf = toEnd ? order.leaves.length : 0;
    order.index = 0;
  }

  #keepKey(entry: number): void {
    const chunk = this.#records.arena.chunkOf(entry);
    const at = entry & WORD_MASK;
    const length = (chunk.words[at + 2] as number) >>> 16;
    if (length > this.#key.length) this.#key = allocateBytesUnsafe(length);
    const { bytes } = chunk;
    const target = this.#key;
    const from = (at + KEY_WORDS) * 4;
    let seen = 0;
    for (let index = 0; index < length; index++) {
      const byte = bytes[from + index] as number;
      seen |= byte;
      target[index] = byte;
    }
    this.#keyLength = length;
    this.#ascii = seen < 0x80;
  }
}
