/**
 * A client seen through a prefix: the same reads and writes with keys relative to it and one value
 * type. Also on a transaction.
 */
import type { Entry, PutOptions, Range, Receipt, Value } from '../core/index.ts';
import type { OperationContext } from '../store/operations/index.ts';
import type { Change, Observed, Watched } from './watch.ts';

/** What `Sub` needs of a client. */
export interface SubHost {
  get(key: string): unknown;
  getOrThrow(key: string): unknown;
  getEntry(key: string): Entry | undefined;
  contains(key: string): boolean;
  count(range?: Range): number;
  list(range?: Range): IterableIterator<[string, unknown]>;
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

  *list(range: Range = {}): IterableIterator<[string, T]> {
    for (const [key, value] of this.#host.list(this.#absolute(range))) {
      yield [key.slice(this.prefix.length), value as T];
    }
  }

  *keys(range: Range = {}): IterableIterator<string> {
    for (const [key] of this.list(range)) yield key;
  }

  *values(range: Range = {}): IterableIterator<T> {
    for (const [, value] of this.list(range)) yield value;
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
    return this.#host.update(this.prefix + key, fn as (value: never) => unknown, options);
  }

  subscribe(
    key: string,
    fn: (change: Change) => void,
    options?: { immediate?: boolean },
  ): () => void {
    return this.#host.subscribe(this.prefix + key, fn, options);
  }

  observe(key: string): Observed<T | undefined> {
    return this.#host.observe(this.prefix + key) as Observed<T | undefined>;
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
  contains(key: string): boolean;
  list(range?: Range): IterableIterator<[string, T]>;
  put(key: string, value: T): void;
  remove(key: string): boolean;
}

export function subTransaction<T>(tx: OperationContext, prefix: string): SubTransaction<T> {
  return {
    get: (key) => tx.get(prefix + key) as T | undefined,
    contains: (key) => tx.contains(prefix + key),
    *list(range: Range = {}) {
      for (const [key, value] of tx.list(absoluteRange(prefix, range))) {
        yield [key.slice(prefix.length), value as T];
      }
    },
    put: (key, value) => tx.put(prefix + key, value),
    remove: (key) => tx.remove(prefix + key),
  };
}

function absoluteRange(prefix: string, range: Range): Range {
  const absolute: Record<string, unknown> = { ...range, prefix: prefix + (range.prefix ?? '') };
  for (const name of ['gt', 'gte', 'lt', 'lte'] as const) {
    if (range[name] !== undefined) absolute[name] = prefix + range[name];
  }
  return absolute as Range;
}
