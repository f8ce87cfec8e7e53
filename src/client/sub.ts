/**
 * A client seen through a prefix: the same reads and writes with keys relative to it and one value
 * type. Also on a transaction.
 */
import type { Entry, PutOptions, Range, Receipt, Value } from '../core/index.ts';
import type { OperationContext } from '../engine/index.ts';
import type { Change, Observed, Watched } from './watch.ts';

/** What `Sub` needs of a client. */
export interface SubHost {
  get(key: string): unknown;
  getOrThrow(key: string): unknown;
  getEntry(key: string): Entry | undefined;
  contains(key: string): boolean;
  count(range?: Range): number;
  list(range?: Range): IterableIterator<[string, unknown]>;
  keys(range?: Range): IterableIterator<string>;
  values(range?: Range): IterableIterator<unknown>;
  put(key: string, value: unknown, options?: PutOptions): Promise<Receipt>;
  remove(key: string, options?: PutOptions): Promise<Receipt>;
  update(key: string, fn: (value: never) => unknown, options?: PutOptions): Promise<Receipt>;
  subscribe(
    watched: Watched,
    fn: (change: Change) => void,
    options?: { immediate?: boolean },
  ): () => void;
  observe(watched: string): Observed<unknown>;
}

export class Sub<T = Value> {
  readonly prefix: string;
  readonly #host: SubHost;

  constructor(host: SubHost, prefix: string) {
    this.#host = host;
    this.prefix = prefix;
  }

  get(key: string): T | undefined {
    return this.#host.get(this.prefix + key) as T | undefined;
  }

  getOrThrow(key: string): T {
    return this.#host.getOrThrow(this.prefix + key) as T;
  }

  getEntry(key: string): Entry | undefined {
    return this.#host.getEntry(this.prefix + key);
  }

  contains(key: string): boolean {
    return this.#host.contains(this.prefix + key);
  }

  count(range: Range = {}): number {
    return this.#host.count(this.#absolute(range));
  }

  getMany(keys: readonly string[]): (T | undefined)[] {
    return keys.map((key) => this.get(key));
  }

  /** Over the state at the call, as the client's own. */
  list(range: Range = {}): IterableIterator<[string, T]> {
    return relativeEntries<T>(this.#host.list(this.#absolute(range)), this.prefix);
  }

  keys(range: Range = {}): IterableIterator<string> {
    return relativeKeys(this.#host.keys(this.#absolute(range)), this.prefix);
  }

  values(range: Range = {}): IterableIterator<T> {
    return this.#host.values(this.#absolute(range)) as IterableIterator<T>;
  }

  put(key: string, value: T, options?: PutOptions): Promise<Receipt> {
    return this.#host.put(this.prefix + key, value, options);
  }

  remove(key: string, options?: PutOptions): Promise<Receipt> {
    return this.#host.remove(this.prefix + key, options);
  }

  update(
    key: string,
    fn: (value: T | undefined) => T | undefined,
    options?: PutOptions,
  ): Promise<Receipt> {
    return this.#host.update(this.prefix + key, fn, options);
  }

  /** As the client's, with keys relative to the prefix, in what is watched and in what is told. */
  subscribe(
    watched: Watched,
    fn: (change: Change) => void,
    options?: { immediate?: boolean },
  ): () => void {
    const absolute = typeof watched === 'string' ? this.prefix + watched : this.#absolute(watched);
    return this.#host.subscribe(absolute, (change) => fn(this.#relative(change)), options);
  }

  observe(key: string): Observed<T | undefined> {
    return this.#host.observe(this.prefix + key) as Observed<T | undefined>;
  }

  #relative({ seq, changes }: Change): Change {
    const { length } = this.prefix;
    return {
      seq,
      changes: changes.map((change) => ({ ...change, key: change.key.slice(length) })),
    };
  }

  sub<U = T>(prefix: string): Sub<U> {
    return new Sub<U>(this.#host, this.prefix + prefix);
  }

  #absolute(range: Range): Range {
    return absoluteRange(this.prefix, range);
  }
}

/** A transaction seen through a prefix. */
export interface SubTransaction<T> {
  get(key: string): T | undefined;
  getEntry(key: string): Entry | undefined;
  contains(key: string): boolean;
  list(range?: Range): IterableIterator<[string, T]>;
  put(key: string, value: T): void;
  remove(key: string): boolean;
}

export function subTransaction<T>(tx: OperationContext, prefix: string): SubTransaction<T> {
  return {
    get: (key) => tx.get(prefix + key) as T | undefined,
    getEntry: (key) => tx.getEntry(prefix + key),
    contains: (key) => tx.contains(prefix + key),
    list: (range = {}) => relativeEntries<T>(tx.list(absoluteRange(prefix, range)), prefix),
    put: (key, value) => tx.put(prefix + key, value),
    remove: (key) => tx.remove(prefix + key),
  };
}

function absoluteRange(prefix: string, range: Range): Range {
  const absolute: Record<string, unknown> = { ...range, prefix: prefix + (range.prefix ?? '') };
  for (const name of ['gt', 'gte', 'lt', 'lte'] as const) {
    if (range[name] !== undefined) absolute[name] = prefix + range[name];
  }
  return absolute;
}

function* relativeEntries<T>(
  entries: Iterable<[string, unknown]>,
  prefix: string,
): IterableIterator<[string, T]> {
  for (const [key, value] of entries) yield [key.slice(prefix.length), value as T];
}

function* relativeKeys(keys: Iterable<string>, prefix: string): IterableIterator<string> {
  for (const key of keys) yield key.slice(prefix.length);
}
