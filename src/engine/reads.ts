/**
 * Synchronous reads of the published state: what `Client` offers and `NodeApi` wraps.
 */
import {
  AdastraError,
  checkKey,
  type Entry,
  type Limits,
  type Range,
  type Value,
} from '../core/index.ts';
import type { OriginTable, Storage, StorageSnapshot } from '../store/storage/index.ts';
import { checkRange, describeEntry } from '../store/transactions/index.ts';
import { RangeWalk, type WalkKind } from './range-walk.ts';

/** The state at one moment; later writes do not disturb it. */
export interface Snapshot {
  /** The seq that it stands at. */
  readonly seq: number;
  get(key: string): Value | undefined;
  getEntry(key: string): Entry | undefined;
  contains(key: string): boolean;
  count(range?: Range): number;
  list(range?: Range): IterableIterator<[string, Value]>;
  keys(range?: Range): IterableIterator<string>;
  values(range?: Range): IterableIterator<Value>;
  /** Lets its memory go; a snapshot that is dropped is let go by itself, later. */
  release(): void;
}

export class Reads {
  readonly #storage: Storage;
  readonly #origins: OriginTable;
  readonly #limits: Limits;
  readonly #seq: () => number;

  constructor(storage: Storage, origins: OriginTable, limits: Limits, seq: () => number) {
    this.#storage = storage;
    this.#origins = origins;
    this.#limits = limits;
    this.#seq = seq;
  }

  get(key: string): Value | undefined {
    // What is no string is refused before it is looked for, all else only where nothing is found.
    if (typeof key !== 'string') this.#check(key);
    const value = this.#storage.get(key);
    if (value === undefined) this.#check(key);
    return value;
  }

  getEntry(key: string): Entry | undefined {
    this.#check(key);
    const state = this.#storage.readEntry(this.#storage.find(key));
    return state === undefined ? undefined : describeEntry(this.#origins, state);
  }

  contains(key: string): boolean {
    this.#check(key);
    return this.#storage.has(key);
  }

  count(range: Range = {}): number {
    return countIn(this.#storage, range);
  }

  /** Over the state at the call, lazily. */
  list(range: Range = {}): IterableIterator<[string, Value]> {
    return this.#walk('entries', range);
  }

  keys(range: Range = {}): IterableIterator<string> {
    return this.#walk('keys', range);
  }

  values(range: Range = {}): IterableIterator<Value> {
    return this.#walk('values', range);
  }

  /** Seq of the key's last event in this log; 0 if there was none. */
  lastSeq(key: string): number {
    return this.#storage.lastSeq(this.#storage.find(key));
  }

  /**
   * The seqs of the last events in a range, removes included, as one number for each of its states.
   */
  lastSeqIn(range: Range): { readonly seq: number; readonly keys: number } {
    const cursor = this.#storage.range({ ...bounds(range), includeAbsent: true });
    let seq = 0;
    let keys = 0;
    for (; cursor.next(); keys++) seq = Math.max(seq, this.#storage.lastSeq(cursor.ref));
    return { seq, keys };
  }

  snapshot(): Snapshot {
    const stored = this.#storage.snapshot();
    const origins = this.#origins;
    const check = (key: string): void => this.#check(key);
    return {
      seq: this.#seq(),
      get: (key) => (check(key), stored.get(key)),
      getEntry: (key) => {
        check(key);
        const state = stored.readEntry(key);
        return state === undefined ? undefined : describeEntry(origins, state);
      },
      contains: (key) => (check(key), stored.has(key)),
      count: (range = {}) => countIn(stored, range),
      list: (range = {}) => walkAt(stored, 'entries', range),
      keys: (range = {}) => walkAt(stored, 'keys', range),
      values: (range = {}) => walkAt(stored, 'values', range),
      release: () => stored.release(),
    };
  }

  #walk<Item>(kind: WalkKind, range: Range): RangeWalk<Item> {
    const checked = bounds(range);
    return new RangeWalk(kind, this.#storage.snapshot(), checked, {
      limit: range.limit,
      release: true,
    });
  }

  #check(key: string): void {
    checkKey(key, this.#limits.keyBytesMax);
  }
}

/** Throws `not_found`. */
export function notFound(key: string): AdastraError {
  return new AdastraError('not_found', `there is no value for ${JSON.stringify(key)}`, {
    details: { key },
  });
}

function bounds(range: Range): Range & { includeSystem: boolean } {
  checkRange(range);
  return { ...range, includeSystem: range.system === true };
}

function countIn(source: Pick<Storage, 'count'> | StorageSnapshot, range: Range): number {
  const count = source.count(bounds(range));
  return Math.min(count, range.limit ?? count);
}

function walkAt<Item>(snapshot: StorageSnapshot, kind: WalkKind, range: Range): RangeWalk<Item> {
  return new RangeWalk(kind, snapshot, bounds(range), { limit: range.limit, release: false });
}
