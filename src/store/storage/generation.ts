/**
 * What makes snapshots O(1): a snapshot is a place in a chain of generations; while one is alive, a
 * setter records, once per entry, what it replaces in the newest generation. A reader at a
 * generation looks through its own records, then those of newer ones, then at the live state. Each
 * generation holds the next newer one, the store holds the newest only weakly: forgotten snapshots
 * are collected, and `release` does so at once. Without a snapshot setters pay one comparison.
 */
import type { Chunk } from './arena.ts';
import type { Cell, View } from './cell.ts';

/** All siblings of an entry with more than one, or with a view that is not simply the greatest. */
export interface Siblings {
  readonly cells: readonly Cell[];
  readonly view: View;
}

/**
 * What an entry was before a setter. Cheap to make and to ignore; `Storage.undo` takes it, also
 * after compaction and after the entry was forgotten. Undo the newest first.
 */
export class Undo {
  readonly key: string;
  /** `NO_CHUNK` where the key had no state. */
  readonly chunk: Chunk;
  readonly at: number;
  readonly siblings: Siblings | undefined;

  constructor(key: string, chunk: Chunk, at: number, siblings: Siblings | undefined) {
    this.key = key;
    this.chunk = chunk;
    this.at = at;
    this.siblings = siblings;
  }
}

/** What was replaced between one snapshot and the next. */
export class Generation {
  readonly replaced: Map<number, Undo> = new Map<number, Undo>();
  newer: Generation | undefined;
}

/** The store's side: the newest generation and the snapshots not released. */
export class Generations {
  /** A snapshot may be alive: setters must call `record`. */
  active = false;
  #newest: WeakRef<Generation> | undefined;
  #holders: WeakRef<object>[] = [];

  /** The generation for a snapshot taken now. */
  begin(): Generation {
    const newest = this.#newest?.deref();
    if (newest !== undefined && newest.replaced.size === 0) return newest;
    const generation = new Generation();
    if (newest !== undefined) newest.newer = generation;
    this.#newest = new WeakRef(generation);
    this.active = true;
    return generation;
  }

  hold(holder: object): void {
    this.#holders = this.#holders.filter((known) => known.deref() !== undefined);
    this.#holders.push(new WeakRef(holder));
  }

  letGo(holder: object): void {
    this.#holders = this.#holders.filter((known) => {
      const alive = known.deref();
      return alive !== undefined && alive !== holder;
    });
    if (this.#holders.length === 0) this.#end();
  }

  /** Whether any snapshot can still be read; ends the bookkeeping when none can. */
  alive(): boolean {
    if (!this.active) return false;
    if (this.#newest?.deref() !== undefined) return true;
    this.#end();
    return false;
  }

  /** Remembers what `entry` was, unless the newest generation already knows. */
  record(entry: number, before: Undo): void {
    const newest = this.#newest?.deref();
    if (newest === undefined) this.#end();
    else if (!newest.replaced.has(entry)) newest.replaced.set(entry, before);
  }

  #end(): void {
    this.active = false;
    this.#newest = undefined;
    this.#holders = [];
  }
}
