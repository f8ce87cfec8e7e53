/**
 * What commits of named operations do, by a Map: the operations' own handlers over a context that
 * knows neither lane, overlay, log nor L1. What an attempt gives here is what every observer of the
 * node must see of it, whole or not at all.
 */
import type { Entry, Range, Value } from '../../src/core/index.ts';
import type { AnyOperation, OperationContext } from '../../src/store/operations/index.ts';
import { PlantedFault } from './steps.ts';

/** A key and its value after the commit; `undefined` where it is removed. */
export type Effect = readonly [key: string, value: Value | undefined];

export interface Call {
  readonly op: string;
  readonly args: Value;
}

/** The call that would not go, and whether for what a test planted. */
export interface Refusal {
  readonly at: number;
  readonly isPlanted: boolean;
}

/** What a commit does, in key order, or why it does not. */
export type Attempt = { readonly refusal: Refusal } | { readonly effects: readonly Effect[] };

export class Model implements OperationContext {
  readonly state: Map<string, Value> = new Map();
  readonly #operations: ReadonlyMap<string, AnyOperation>;
  #writes = new Map<string, Value | undefined>();

  constructor(operations: readonly AnyOperation[], state: Iterable<readonly [string, Value]> = []) {
    this.#operations = new Map(operations.map((operation) => [operation.name, operation]));
    this.state = new Map(state);
  }

  /** Runs the calls as one commit over the state; `apply` makes it the state. */
  attempt(calls: readonly Call[]): Attempt {
    this.#writes = new Map();
    const prepared: (() => unknown)[] = [];
    for (const [index, { op, args }] of calls.entries()) {
      try {
        prepared.push(this.#prepare(op, args));
      } catch (error) {
        return { refusal: { at: index, isPlanted: error instanceof PlantedFault } };
      }
    }
    for (const [index, call] of prepared.entries()) {
      try {
        call();
      } catch (error) {
        return { refusal: { at: index, isPlanted: error instanceof PlantedFault } };
      }
    }
    return { effects: [...this.#writes].sort(byKey) };
  }

  apply(effects: readonly Effect[]): void {
    for (const [key, value] of effects) {
      if (value === undefined) this.state.delete(key);
      else this.state.set(key, value);
    }
  }

  get(key: string): Value | undefined {
    return this.#writes.has(key) ? this.#writes.get(key) : this.state.get(key);
  }

  getEntry(key: string): Entry | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    return { value, present: true, undecided: false, siblings: [], stamps: [] };
  }

  contains(key: string): boolean {
    return this.get(key) !== undefined;
  }

  *list({ prefix = '', limit }: Range = {}): IterableIterator<[string, Value]> {
    const keys = new Set([...this.state.keys(), ...this.#writes.keys()]);
    let left = limit ?? Number.POSITIVE_INFINITY;
    for (const key of [...keys].sort()) {
      const value = key.startsWith(prefix) ? this.get(key) : undefined;
      if (value === undefined) continue;
      if (left-- <= 0) return;
      yield [key, value];
    }
  }

  put(key: string, value: unknown): void {
    this.#writes.set(key, value as Value);
  }

  remove(key: string): boolean {
    const present = this.contains(key);
    if (this.state.has(key)) this.#writes.set(key, undefined);
    else this.#writes.delete(key);
    return present;
  }

  run(name: string, args: unknown): unknown {
    const call = this.#prepare(name, args);
    const before = new Map(this.#writes);
    try {
      return call();
    } catch (error) {
      this.#writes = before;
      throw error;
    }
  }

  #prepare(name: string, args: unknown): () => unknown {
    const operation = this.#operations.get(name);
    if (operation === undefined) throw new Error(`no operation ${name}`);
    if (operation.args === undefined) return () => operation.handler(this, args as never);
    const result = operation.args['~standard'].validate(args) as {
      readonly value?: unknown;
      readonly issues?: readonly unknown[];
    };
    if (result.issues !== undefined) throw new Error(`bad arguments of ${name}`);
    return () => operation.handler(this, result.value as never);
  }
}

function byKey([left]: Effect, [right]: Effect): number {
  return left < right ? -1 : 1;
}
