/**
 * What the function given to `transact` gets: the transaction, with the client's typed keys.
 */
import type { Entry, Range, Value } from '../core/index.ts';
import type { OperationContext } from '../engine/index.ts';
import { type SubTransaction, subTransaction } from './sub.ts';
import type { KeySchema, ValueAt } from './typed-keys.ts';

// biome-ignore lint/complexity/noBannedTypes: an empty schema has no typed keys
export class ClientTransaction<Schema extends KeySchema = {}> {
  readonly #context: OperationContext;

  constructor(context: OperationContext) {
    this.#context = context;
  }

  /** Sees the transaction's own writes. */
  get<Key extends string>(key: Key): ValueAt<Schema, Key> | undefined {
    return this.#context.get(key) as ValueAt<Schema, Key> | undefined;
  }

  getEntry(key: string): Entry | undefined {
    return this.#context.getEntry(key);
  }

  contains(key: string): boolean {
    return this.#context.contains(key);
  }

  list(range?: Range): IterableIterator<[string, Value]> {
    return this.#context.list(range);
  }

  put<Key extends string>(key: Key, value: ValueAt<Schema, Key>): void {
    this.#context.put(key, value);
  }

  /** Whether there was a value to remove. */
  remove(key: string): boolean {
    return this.#context.remove(key);
  }

  /** Runs a named operation inside this transaction; what it throws undoes what it wrote. */
  run(operation: string, args: unknown): unknown {
    return this.#context.run(operation, args);
  }

  sub<T = Value>(prefix: string): SubTransaction<T> {
    return subTransaction<T>(this.#context, prefix);
  }
}
