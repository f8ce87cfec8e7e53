/** Synchronous reads of the published state: what `Client` offers and `NodeApi` wraps. */
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
    return listSnapshot(this.#storage.snapshot(), range);
  }

  keys(range: Range = {}): IterableIterator<string> {
    return keysOfSnapshot(this.#storage.snapshot(), range);
  }

  values(range: Range = {}): IterableIterator<Value> {
    return valuesOfSnapshot(this.#storage.snapshot(), range);
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
      list: (range = {}) => listSnapshot(stored, range, false),
      keys: (range = {}) => keysOfSnapshot(stored, range, false),
      values: (range = {}) => valuesOfSnapshot(stored, range, false),
      release: () => stored.release(),
    };
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

function listSnapshot(
  snapshot: StorageSnapshot,
  range: Range,
  release = true,
): IterableIterator<[string, Value]> {
  const cursor = snapshot.range(bounds(range));
  return entries(snapshot, cursor, range.limit, release);
}

function* entries(
  snapshot: StorageSnapshot,
  cursor: ReturnType<StorageSnapshot['range']>,
  limit: number | undefined,
  release: boolean,
): IterableIterator<[string, Value]> {
  try {
    for (let left = limit ?? Number.POSITIVE_INFINITY; left > 0 && cursor.next(); left--) {
      yield [cursor.key, cursor.value() as Value];
    }
  } finally {
    if (release) snapshot.release();
  }
}

function* keysOf(
  snapshot: StorageSnapshot,
  cursor: ReturnType<StorageSnapshot['range']>,
  limit: number | undefined,
  release: boolean,
): IterableIterator<string> {
  try {
    for (let left = limit ?? Number.POSITIVE_INFINITY; left > 0 && cursor.next(); left--)
      yield cursor.key;
  } finally {
    if (release) snapshot.release();
  }
}

function keysOfSnapshot(
  snapshot: StorageSnapshot,
  range: Range,
  release = true,
): IterableIterator<string> {
  return keysOf(snapshot, snapshot.range(bounds(range)), range.limit, release);
}

function* valuesOfSnapshot(
  snapshot: StorageSnapshot,
  range: Range,
  release = true,
): IterableIterator<Value> {
  for (const [, value] of listSnapshot(snapshot, range, release)) yield value;
}
