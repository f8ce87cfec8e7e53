/**
 * What readers learn about one key, as plain data.
 */
import type { Value } from './value.ts';

/** One put or remove that no other write of the key has seen. */
export interface Sibling {
  readonly kind: 'put' | 'remove';
  /** `undefined` for a remove. */
  readonly value: Value | undefined;
  /** Version of this write: opaque text, unique, totally ordered by the engine. */
  readonly stamp: string;
  /** Who wrote it: `<key id>.<incarnation>`. */
  readonly origin: string;
}

/**
 * A key with every sibling; where there is more than one, they were written without seeing each
 * other.
 */
export interface Entry {
  /** What `get` gives: what the key's policy makes of the siblings. */
  readonly value: Value | undefined;
  /** Whether `get` gives a value. */
  readonly present: boolean;
  /** Whether this node lacks the code of the policy that should have decided. */
  readonly undecided: boolean;
  /** Sorted by stamp, smallest first. */
  readonly siblings: readonly Sibling[];
  readonly stamps: readonly string[];
}

/** The post-state that one commit gave to one key. */
export interface ChangedKey {
  readonly key: string;
  readonly kind: 'put' | 'remove';
  /** The value written; `undefined` for a remove. */
  readonly value: Value | undefined;
}

/** One commit of the log, as `changes` and `history` give it. */
export interface Commit {
  readonly seq: number;
  /** `undefined` for a local record (a changed view), which has no author. */
  readonly origin: string | undefined;
  readonly originSeq: number;
  readonly stamp: string;
  /** Wall time of the author's clock when it was made, milliseconds since the epoch. */
  readonly timeMs: number;
  readonly actor?: string;
  readonly operations?: readonly { readonly name: string; readonly version: number }[];
  readonly commandId?: string;
  readonly reason?: string;
  readonly reverts?: { readonly origin: string; readonly originSeq: number };
  readonly metadata?: Value;
  /** Why it has no effect, where it is void. */
  readonly void?: string;
  readonly events: readonly ChangedKey[];
}

/** One write in the history of a key, newest first. */
export interface HistoryEntry extends Omit<Commit, 'events'> {
  readonly kind: 'put' | 'remove';
  readonly value: Value | undefined;
}
