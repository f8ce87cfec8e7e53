/**
 * What replay tells of a commit: the same that the lane publishes of it, so that what is folded
 * from either is the same. Only where somebody listens; replay alone does not pay for it.
 */
import { assert } from '../../core/index.ts';
import { type Cell, cellOfView, type Storage } from '../storage/index.ts';

/** A key of an applied commit; its cell is valid inside the observer only. */
export interface ReplayedEntry {
  readonly key: string;
  /** What readers get of the key behind the commit. */
  readonly cell: Cell;
  readonly next: ReplayedEntry | undefined;
}

/** Called once for each commit; `first` is `undefined` for one without effect. */
export type ReplayObserver = (commit: {
  readonly seq: number;
  readonly first: ReplayedEntry | undefined;
}) => void;

type Linked = { -readonly [Field in keyof ReplayedEntry]: ReplayedEntry[Field] };

/** Gathers the keys of the commit in hand. */
export class ReplayedCommit {
  readonly #storage: Storage;
  readonly #observer: ReplayObserver;
  #first: Linked | undefined;
  #last: Linked | undefined;

  constructor(storage: Storage, observer: ReplayObserver) {
    this.#storage = storage;
    this.#observer = observer;
  }

  /** The event alone is what the key now has. */
  single(key: string, cell: Cell): void {
    const entry: Linked = { key, cell, next: undefined };
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
  }

  /** What is shown of several siblings stands in the state, where it was just set. */
  several(key: string): void {
    const state = this.#storage.readEntry(this.#storage.find(key));
    assert(state !== undefined, 'INV-5: replay has set what it tells of');
    this.single(key, cellOfView(state.siblings, state.view));
  }

  finish(seq: number): void {
    const first = this.#first;
    this.#first = undefined;
    this.#last = undefined;
    this.#observer({ seq, first });
  }
}
