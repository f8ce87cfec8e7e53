/**
 * What happened in one run of the workload, as the outside saw it: every write in the order in
 * which it was submitted, what was promised about it, and the greatest state that readers saw. From
 * it follows what a disk may hold after a crash: `admitted` in order, cut off anywhere, but not
 * before what was promised.
 */
import type { Durability, Receipt, Value } from '../../src/core/index.ts';

/** A key and its value after the commit; `undefined` for a key that is removed. */
export type Effect = readonly [key: string, value: Value | undefined];

/** `pending` and `unknown` may be there after a crash or not; `refused` must not. */
export type Outcome = 'pending' | 'committed' | 'refused' | 'unknown';

/** One write as it was asked for. */
export interface Submitted {
  readonly label: string;
  readonly effects: readonly Effect[];
  readonly level: Durability;
  readonly commandId: string | undefined;
  outcome: Outcome;
  /** Code of the error that ended it. */
  code: string | undefined;
  receipt: Receipt | undefined;
  /** Whether a flush or a clean close that came back well covers it. */
  flushed: boolean;
}

/** Commits that stand before the workload's first: the founding of the world. */
export const FOUNDING = 1;

/** The record of one run. */
export class History {
  /** What is wrong already, before any crash. */
  readonly violations: string[] = [];
  /** World and key of the node, once the first opening came back. */
  identity: string | undefined;
  /** The highest term of an opening that acknowledged a durable commit. */
  durableTerm = 0;
  /** How many commits readers saw at once, at most, and the last observed state of them. */
  seen = 0;
  #submitted: Submitted[] = [];
  #admitted: Submitted[] | undefined;

  submit(write: Pick<Submitted, 'label' | 'effects' | 'level' | 'commandId'>): Submitted {
    const submitted: Submitted = {
      ...write,
      outcome: 'pending',
      code: undefined,
      receipt: undefined,
      flushed: false,
    };
    this.#submitted.push(submitted);
    this.#admitted = undefined;
    return submitted;
  }

  /** Ends a write; what was refused counts as never submitted. */
  settle(write: Submitted, outcome: Outcome, found: Partial<Submitted> = {}): void {
    Object.assign(write, found, { outcome });
    this.#admitted = undefined;
  }

  /** Writes that are, or may come to be, in the log, in order. */
  get admitted(): readonly Submitted[] {
    this.#admitted ??= this.#submitted.filter((write) => write.outcome !== 'refused');
    return this.#admitted;
  }

  get submitted(): readonly Submitted[] {
    return this.#submitted;
  }

  /** Everything acknowledged so far is durable now: a flush or a clean close says so. */
  flushedThrough(count: number): void {
    for (const write of this.admitted.slice(0, count)) {
      if (write.outcome === 'committed') write.flushed = true;
    }
  }

  /** After recovery: what is not there of what was unknown is gone for good. */
  recovered(count: number): void {
    const kept = new Set(this.admitted.slice(0, count));
    this.#submitted = this.#submitted.filter((write) => kept.has(write));
    for (const write of kept) write.flushed = true;
    this.#admitted = undefined;
  }

  /** How many commits must be there after a power cut. */
  get durableFloor(): number {
    return this.#floor((write) => write.flushed || write.level === 'always');
  }

  /** How many commits must be there if only the process died. */
  get killFloor(): number {
    return Math.max(
      this.seen,
      this.#floor(() => true),
    );
  }

  /** The user's entries after the first `count` commits. */
  stateAt(count: number): Map<string, Value> {
    const state = new Map<string, Value>();
    for (const { effects } of this.admitted.slice(0, count)) {
      for (const [key, value] of effects) {
        if (value === undefined) state.delete(key);
        else state.set(key, value);
      }
    }
    return state;
  }

  #floor(isPromised: (write: Submitted) => boolean): number {
    const { admitted } = this;
    for (let count = admitted.length; count > 0; count--) {
      const write = admitted[count - 1] as Submitted;
      // A commit that readers saw is as good as acknowledged, at its level.
      const isKnown = write.outcome === 'committed' || count <= this.seen;
      if (isKnown && isPromised(write)) return count;
    }
    return 0;
  }
}

/** One comparable text for a state; keys sorted by code point as the node lists them. */
export function stateText(entries: Iterable<readonly [string, Value]>): string {
  return JSON.stringify([...entries].sort(([left], [right]) => (left < right ? -1 : 1)));
}
