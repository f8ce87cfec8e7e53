/**
 * Reading the state as it stood behind an earlier commit, from the present one and the log: a key
 * that was not written since is as it is now, any other is followed back. So it costs what has
 * changed in what is asked for, never a state of its own, and gives turns to other work.
 */
import {
  AdastraError,
  checkKey,
  compareKeys,
  type Entry,
  type Range,
  type Value,
} from '../core/index.ts';
import type { Timers } from '../env/index.ts';
import { checkRange, describeEntry, entryAt, inRange } from '../store/transactions/index.ts';
import { forgottenSince } from './forgotten-keys.ts';
import type { PastState } from './node-api.ts';
import type { ReadParts } from './engine-parts.ts';

/** Keys looked up in one turn of the event loop. */
const TURN_KEYS = 64;

/** The node that is read, as it is now. */
export interface PastSource {
  readonly parts: ReadParts;
  readonly seq: number;
  checkOpen(): void;
}

export class PastReads implements PastState {
  readonly seq: number;
  readonly #node: PastSource;

  /** Nothing is checked before the first read. */
  constructor(node: PastSource, seq: number) {
    this.#node = node;
    this.seq = seq;
  }

  async get(key: string): Promise<Value | undefined> {
    return (await this.getEntry(key))?.value;
  }

  async getEntry(key: string): Promise<Entry | undefined> {
    this.#check();
    checkKey(key, this.#node.parts.limits.keyBytesMax);
    return this.#entry(key, forgottenSince(this.#node.parts, this.seq));
  }

  async count(range: Range = {}): Promise<number> {
    let count = 0;
    for await (const _row of this.list(range)) count += 1;
    return count;
  }

  async *list(range: Range = {}): AsyncGenerator<[string, Value], void, undefined> {
    this.#check();
    checkRange(range);
    let left = range.limit ?? Number.POSITIVE_INFINITY;
    let rest: Range = { ...range, limit: undefined };
    while (left > 0) {
      // What stood then does not change, so that each turn may look anew.
      const forgotten = forgottenSince(this.#node.parts, this.seq);
      const keys = this.#nextKeys(rest, forgotten);
      for (const key of keys) {
        const value = this.#entry(key, forgotten)?.value;
        if (value === undefined) continue;
        yield [key, value];
        if (--left <= 0) return;
        this.#check();
      }
      const last = keys.at(-1);
      if (keys.length < TURN_KEYS || last === undefined) return;
      rest = range.reverse === true ? { ...rest, lt: last } : { ...rest, gt: last };
      await turn(this.#node.parts.env.timers);
      this.#check();
    }
  }

  /** The next keys that may have had a value then, in the order of the range. */
  #nextKeys(range: Range, forgotten: ReadonlyMap<string, readonly number[]>): string[] {
    const { storage } = this.#node.parts.replica;
    const bounds = { ...range, includeSystem: range.system === true, includeAbsent: true };
    const keys: string[] = [];
    for (const cursor = storage.range(bounds); keys.length < TURN_KEYS && cursor.next(); ) {
      keys.push(cursor.key);
    }
    const known = new Set(keys);
    const others = [...forgotten.keys()].filter((key) => !known.has(key) && inRange(key, range));
    if (others.length === 0) return keys;
    const sign = range.reverse === true ? -1 : 1;
    const merged = [...keys, ...others].sort((one, other) => sign * compareKeys(one, other));
    return merged.slice(0, TURN_KEYS);
  }

  #entry(key: string, forgotten: ReadonlyMap<string, readonly number[]>): Entry | undefined {
    const { replica, log } = this.#node.parts;
    const { storage, origins } = replica;
    const state = storage.readEntry(storage.find(key));
    if (state !== undefined && state.seq <= this.seq) return describeEntry(origins, state);
    const lastSeq = state?.seq ?? 0;
    // What was forgotten and stood before this commit was a tombstone: it had no value.
    const before = (seq: number): number =>
      Math.max(0, ...(forgotten.get(key) ?? []).filter((one) => one < seq));
    return entryAt(log, key, this.seq, { lastSeq, forgotten: before });
  }

  /** The node is open and its log goes back so far. */
  #check(): void {
    const node = this.#node;
    node.checkOpen();
    const { seq } = this;
    const { baseSeq } = node.parts.log;
    if (!Number.isSafeInteger(seq) || seq < 0) {
      throw new AdastraError('invalid_argument', 'at takes a seq, a whole number from 0', {
        details: { field: 'at' },
      });
    }
    if (seq > node.seq) {
      throw new AdastraError('not_yet', `commit ${seq} is not here yet: the last is ${node.seq}`, {
        details: { seq, headSeq: node.seq },
      });
    }
    if (seq < baseSeq) {
      throw new AdastraError('history_truncated', `the log begins behind seq ${baseSeq}`, {
        hint: `ask for ${baseSeq} or later`,
        details: { seq, baseSeq },
      });
    }
  }
}

function turn(timers: Timers): Promise<void> {
  return new Promise((resolve) => timers.soon(resolve));
}
