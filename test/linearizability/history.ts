/**
 * What clients of a daemon asked and were answered, with the order of events among them. Kept as
 * plain data, so that a checker that learns more can look at an old history again.
 */
import type { Value } from '../../src/core/index.ts';
import type { Call } from '../atomicity/model.ts';

/** Where an operation stands in the order of events, and when that was. */
export interface Span {
  readonly client: string;
  /** Event numbers: A is before B where `A.ended < B.began`. `Infinity`: it never ended. */
  readonly began: number;
  readonly ended: number;
  /** Monotonic milliseconds. */
  readonly beganMs: number;
  readonly endedMs: number;
}

/** One answer to one commit. `unknown`: nobody told, or the server did not know. */
export type Outcome =
  | { readonly kind: 'committed'; readonly seq: number }
  | { readonly kind: 'unchanged'; readonly seq: number }
  | { readonly kind: 'refused'; readonly code: string; readonly operationIndex?: number }
  | { readonly kind: 'unknown' };

/** A commit of named operations; with its retries one operation, as its caller sees it. */
export interface CommitOperation extends Span {
  readonly kind: 'commit';
  readonly commandId: string;
  readonly calls: readonly Call[];
  readonly outcome: Outcome;
}

/** Who was read, and what it said of its own freshness. */
export interface ReadSpan extends Span {
  readonly daemon: string;
  /** Which of its runs; a follower that starts again may be behind what it showed before. */
  readonly run: number;
  readonly claim: Claim;
  /** `x-min-seq` of the request. */
  readonly wanted?: number;
}

export interface Claim {
  readonly seq: number;
  readonly logSeq: number;
  readonly lagCommits: number;
  readonly lagMs: number;
}

/** One key. */
export interface ReadOperation extends ReadSpan {
  readonly kind: 'read';
  readonly key: string;
  readonly value: Value | undefined;
}

/** All keys with a prefix, at once. */
export interface ScanOperation extends ReadSpan {
  readonly kind: 'scan';
  readonly prefix: string;
  readonly entries: readonly (readonly [string, Value])[];
}

export type Operation = CommitOperation | ReadOperation | ScanOperation;

/** A commit as the log holds it in the end. */
export interface Logged {
  readonly seq: number;
  readonly commandId: string | undefined;
  readonly effects: readonly (readonly [string, Value | undefined])[];
}

/** Notes operations as they go. One for all clients of a history. */
export class Recorder {
  readonly operations: Operation[] = [];
  readonly #now: () => number;
  #events = 0;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** An operation begins; the returned function ends it. */
  begin(client: string): (isEnded?: boolean) => Span {
    const began = this.#events++;
    const beganMs = this.#now();
    return (isEnded = true) => ({
      client,
      began,
      beganMs,
      ended: isEnded ? this.#events++ : Number.POSITIVE_INFINITY,
      endedMs: isEnded ? this.#now() : Number.POSITIVE_INFINITY,
    });
  }

  note(operation: Operation): void {
    this.operations.push(operation);
  }
}
