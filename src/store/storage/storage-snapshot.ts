/**
 * A consistent view of the store as it was, which later setters do not disturb. Costs nothing to
 * take; while it is alive every entry's first change is remembered for it. `release` it when done;
 * one that is merely dropped ends with the garbage collection.
 */
import { type Value, assert } from '../../core/index.ts';
import type { RangeBounds } from './bounds.ts';
import type { EntryState } from './cell.ts';
import type { Counts, EntryStore } from './entry-store.ts';
import type { Generation } from './generation.ts';
import { Locator } from './locator.ts';
import { RangeCursor } from './range.ts';

export class StorageSnapshot {
  readonly #store: EntryStore;
  readonly #counts: Counts;
  #generation: Generation | undefined;
  readonly #locator: Locator;

  constructor(store: EntryStore) {
    this.#store = store;
    this.#counts = { ...store.counts };
    this.#generation = store.generations.begin();
    this.#locator = this.#newLocator();
    store.generations.hold(this);
  }

  /** Entries of user keys that read as present. */
  get userCount(): number {
    return this.#counts.user;
  }

  /** The same of keys beginning with `$`. */
  get systemCount(): number {
    return this.#counts.system;
  }

  get tombstoneCount(): number {
    return this.#counts.tombstones;
  }

  /** What readers got of a key then, a copy of its own. */
  get(key: string): Value | undefined {
    return this.#locate(key) ? this.#locator.value() : undefined;
  }

  /** Whether readers got a value then. */
  has(key: string): boolean {
    return this.#locate(key) && this.#locator.present;
  }

  /** The whole entry of a key, tombstones too; `undefined` if there was none. */
  readEntry(key: string): EntryState | undefined {
    return this.#locate(key) ? this.#locator.state() : undefined;
  }

  /** Walks the entries of that time in key order. */
  range(bounds: RangeBounds): RangeCursor {
    this.#check();
    this.#store.order.settle();
    return new RangeCursor(this.#store.records, this.#store.order, this.#newLocator(), bounds);
  }

  count(bounds: RangeBounds): number {
    return this.range(bounds).countRest();
  }

  /** Ends it; reading afterwards is a broken contract. Twice is once. */
  release(): void {
    if (this.#generation === undefined) return;
    this.#generation = undefined;
    this.#locator.close();
    this.#store.generations.letGo(this);
  }

  #newLocator(): Locator {
    const { records, cells, many } = this.#store;
    return new Locator(records, cells, many, this.#generation, this);
  }

  #check(): void {
    assert(this.#generation !== undefined, 'a released snapshot was read');
  }

  #locate(key: string): boolean {
    this.#check();
    const entry = this.#store.table.find(key);
    return entry !== 0 && this.#locator.locate(entry);
  }
}
