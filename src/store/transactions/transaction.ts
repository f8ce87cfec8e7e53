/**
 * L3: one transaction. It collects post-states over what the lane sees, reads its own writes, notes
 * what it read (for `ifSeq`), and can go back to a savepoint: an operation that throws inside it
 * leaves nothing behind even if the caller goes on. Nothing leaves it before the lane takes its
 * writes, so a transaction that fails has not happened.
 */
import type { ByteWriter } from '../../core/index.ts';
import {
  AdastraError,
  checkKey,
  checkRangeWithin,
  checkWithin,
  compareKeys,
  decodeValue,
  encodeValue,
  type Entry,
  isReservedKey,
  type Limits,
  type Range,
  type Value,
} from '../../core/index.ts';
import {
  type OperationContext,
  type OperationRegistry,
  type PreparedCall,
  runPrepared,
} from '../operations/index.ts';
import { checkRange, inRange } from './key-range.ts';
import type { Overlay } from './overlay.ts';

/** A post-state as written: encoded bytes in the transaction's scratch memory. */
export interface WrittenState {
  readonly remove: boolean;
  readonly valueHead: number;
  readonly start: number;
  readonly end: number;
}

const REMOVED: WrittenState = { remove: true, valueHead: 0, start: 0, end: 0 };

export class Transaction implements OperationContext {
  /** Encoded values; `WrittenState` says where. */
  readonly scratch: ByteWriter;
  readonly writes: Map<string, WrittenState> = new Map();
  readonly readKeys: Set<string> = new Set();
  readonly readRanges: Range[] = [];
  readonly calls: { name: string; version: number }[] = [];
  /** What puts under `merge-fields` say of their fields; set when the lane takes the writes. */
  metas: ReadonlyMap<string, Uint8Array> | undefined = undefined;
  readonly #overlay: Overlay;
  readonly #limits: Limits;
  readonly #operations: OperationRegistry;
  /** May write keys beginning with `$`. */
  readonly system: boolean;
  readonly #within: readonly string[] | undefined;
  readonly #undo: { key: string; before: WrittenState | undefined }[] = [];
  #depth = 0;
  #encoding = false;
  #ended = false;

  constructor(
    overlay: Overlay,
    settings: {
      limits: Limits;
      operations: OperationRegistry;
      scratch: ByteWriter;
      system: boolean;
      /** All that it may touch; `undefined`: every key. */
      within?: readonly string[] | undefined;
    },
  ) {
    this.#overlay = overlay;
    this.#limits = settings.limits;
    this.#operations = settings.operations;
    this.system = settings.system;
    this.#within = settings.within;
    this.scratch = settings.scratch;
    this.scratch.reset();
  }

  get(key: string): Value | undefined {
    this.#noteRead(key);
    const written = this.writes.get(key);
    return written === undefined ? this.#overlay.get(key) : this.#valueOf(written);
  }

  /** The key's siblings as they were before this transaction; its own writes have no stamp yet. */
  getEntry(key: string): Entry | undefined {
    this.#noteRead(key);
    const written = this.writes.get(key);
    if (written === undefined) return this.#overlay.entryOf(key);
    if (written.remove) return undefined;
    const value = this.#valueOf(written);
    return { value, present: true, undecided: false, siblings: [], stamps: [] };
  }

  contains(key: string): boolean {
    this.#noteRead(key);
    const written = this.writes.get(key);
    return written === undefined ? this.#overlay.has(key) : !written.remove;
  }

  /** Over the keys there at the call, own writes included, in key order. */
  list(range: Range = {}): IterableIterator<[string, Value]> {
    this.#checkOpen();
    checkRange(range);
    if (this.#within !== undefined) checkRangeWithin(range, this.#within);
    this.readRanges.push(range);
    return this.#entries(this.#keysIn(range), range.limit ?? Number.POSITIVE_INFINITY);
  }

  *#entries(keys: readonly string[], limit: number): IterableIterator<[string, Value]> {
    let left = limit;
    for (const key of keys) {
      if (left <= 0) return;
      this.#checkOpen();
      const written = this.writes.get(key);
      const value = written === undefined ? this.#overlay.get(key) : this.#valueOf(written);
      if (value === undefined) continue;
      left--;
      yield [key, value];
    }
  }

  put(key: string, value: unknown): void {
    this.#checkWritable(key);
    const start = this.scratch.length;
    const valueHead = this.#encode(value);
    this.#write(key, { remove: false, valueHead, start, end: this.scratch.length });
  }

  remove(key: string): boolean {
    this.#checkWritable(key);
    const written = this.writes.get(key);
    const present = written === undefined ? this.#overlay.has(key) : !written.remove;
    this.readKeys.add(key);
    if (this.#overlay.hasPut(key)) this.#write(key, REMOVED);
    else if (written !== undefined) this.#write(key, undefined);
    return present;
  }

  run(name: string, args: unknown): unknown {
    this.#checkOpen();
    return this.perform(this.#operations.prepare(name, args));
  }

  /** Runs a call whose arguments were checked; what it throws undoes what it wrote. */
  perform(call: PreparedCall): unknown {
    this.#checkOpen();
    const { name, version } = call.operation;
    const savepoint = this.#undo.length;
    this.#depth++;
    try {
      const result = runPrepared(this, call);
      if (this.#depth === 1) this.calls.push({ name, version });
      return result;
    } catch (error) {
      this.#rollback(savepoint);
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** After this every use is an error: a transaction kept beyond its function does nothing. */
  end(): void {
    this.#ended = true;
  }

  /** Estimated bytes of the commit in the log. */
  get byteLengthMax(): number {
    let bytes = 64;
    this.writes.forEach(({ start, end }, key) => {
      bytes += key.length * 3 + (end - start) + 16;
    });
    return bytes;
  }

  /** A getter in the value must not write here while the value stands half encoded. */
  #encode(value: unknown): number {
    this.#encoding = true;
    try {
      return encodeValue(this.scratch, value, this.#limits);
    } finally {
      this.#encoding = false;
    }
  }

  #write(key: string, state: WrittenState | undefined): void {
    if (this.#depth > 0) this.#undo.push({ key, before: this.writes.get(key) });
    if (state === undefined) this.writes.delete(key);
    else this.writes.set(key, state);
  }

  #rollback(savepoint: number): void {
    while (this.#undo.length > savepoint) {
      const { key, before } = this.#undo.pop() as { key: string; before: WrittenState | undefined };
      if (before === undefined) this.writes.delete(key);
      else this.writes.set(key, before);
    }
  }

  #valueOf(written: WrittenState): Value | undefined {
    if (written.remove) return undefined;
    return decodeValue(written.valueHead, this.scratch.buffer, written.start, written.end, false);
  }

  /** Keys of the range that may have a value: stored ones merged with pending and own ones. */
  #keysIn(range: Range): string[] {
    const keys = new Set<string>();
    const cursor = this.#overlay.storage.range({ ...range, includeSystem: range.system === true });
    while (cursor.next()) keys.add(cursor.key);
    for (const source of [this.#overlay.keys(), this.writes.keys()]) {
      for (const key of source) if (inRange(key, range)) keys.add(key);
    }
    const sorted = [...keys].sort(compareKeys);
    return range.reverse === true ? sorted.reverse() : sorted;
  }

  #noteRead(key: string): void {
    this.#checkOpen();
    checkKey(key, this.#limits.keyBytesMax);
    if (this.#within !== undefined) checkWithin(key, this.#within);
    this.readKeys.add(key);
  }

  #checkWritable(key: string): void {
    this.#checkOpen();
    checkKey(key, this.#limits.keyBytesMax);
    if (!this.system && isReservedKey(key)) throw reservedKey(key);
    if (this.#within !== undefined) checkWithin(key, this.#within);
    if (!this.#encoding) return;
    throw new AdastraError('nested_write', 'a getter of the value being written wrote itself');
  }

  #checkOpen(): void {
    if (!this.#ended) return;
    throw new AdastraError('closed', 'this transaction has ended', {
      hint: 'use tx only inside the function it was given to',
    });
  }
}

/** A key of the system was to be written by a user. */
export function reservedKey(key: string): AdastraError {
  return new AdastraError('reserved_key', `the key ${JSON.stringify(key)} begins with $`, {
    hint: 'keys beginning with $ belong to the system; choose another first character',
    details: { key },
  });
}
