/**
 * Hashes that depend on what is stored, never on the order in which it came. 256 buckets, each the
 * sum mod 2^256 of the SHA-256 of its entries (read as little-endian numbers); the bucket of a key
 * is FNV-1a (32 bit) of its UTF-8 bytes, its four bytes xored together: the same on every machine.
 * The hash is SHA-256(domain text ‖ the 256 sums).
 *
 * Lazy: until somebody asks, writes pay nothing. After that an entry is counted in by `slice`,
 * taken out before it changes, and queued again when it has changed.
 */
import { ByteWriter, hexOf, utf8Length } from '../../core/index.ts';
import type { Crypto } from '../../env/index.ts';
import { CHUNK_SHIFT, WORD_MASK } from './arena.ts';
import { FREE, KEY_WORDS, type KeyRecords } from './key-records.ts';

const BUCKETS = 256;
const SUM_WORDS = 8;

/** What a hash is over, and which two flags of an entry it owns. */
export interface HashKind {
  readonly domain: string;
  /** Flag: the entry is counted in. */
  readonly included: number;
  /** Flag: the entry waits in the queue. */
  readonly queued: number;
  /** Writes what is hashed for an entry; `false` where it counts nothing. */
  readonly write: (entry: number, writer: ByteWriter) => boolean;
}

export class StateHash {
  /** Somebody has asked: setters must call `leave` before and `enter` after a change. */
  active = false;
  readonly #crypto: Crypto;
  readonly #records: KeyRecords;
  readonly #kind: HashKind;
  readonly #writer = new ByteWriter(1024);
  readonly #sums = new Uint32Array(BUCKETS * SUM_WORDS);
  #queue = new Int32Array(0);
  #queueStart = 0;
  #queueEnd = 0;
  /** The first scan over all records: where it is. */
  #scanChunk = 0;
  #scanAt = 1;

  constructor(crypto: Crypto, records: KeyRecords, kind: HashKind) {
    this.#crypto = crypto;
    this.#records = records;
    this.#kind = kind;
  }

  /** Takes an entry out that was counted in; before it changes. */
  leave(entry: number): void {
    if ((this.#records.flagsOf(entry) & this.#kind.included) === 0) return;
    this.#records.setFlags(entry, 0, this.#kind.included);
    this.#sum(entry, -1);
  }

  /** An entry has changed and will be counted in anew. */
  enter(entry: number): void {
    if (!this.active || (this.#records.flagsOf(entry) & this.#kind.queued) !== 0) return;
    this.#records.setFlags(entry, this.#kind.queued, 0);
    if (this.#queueEnd === this.#queue.length) this.#growQueue();
    this.#queue[this.#queueEnd++] = entry;
  }

  /** Looks at up to `maxEntries` entries (2 µs each); `true` when the hash is up to date. */
  slice(maxEntries: number): boolean {
    this.active = true;
    const left = this.#scan(maxEntries);
    if (left <= 0) return false;
    const end = Math.min(this.#queueEnd, this.#queueStart + left);
    while (this.#queueStart < end) this.#count(this.#queue[this.#queueStart++] as number);
    if (this.#queueStart < this.#queueEnd) return false;
    this.#queueStart = 0;
    this.#queueEnd = 0;
    if (this.#queue.length > 65_536) this.#queue = new Int32Array(0);
    return true;
  }

  /** Lower-case hex, 64 characters; brings the hash up to date first. */
  hash(): string {
    this.slice(Number.POSITIVE_INFINITY);
    const { domain } = this.#kind;
    const writer = new ByteWriter(utf8Length(domain) * 3 + BUCKETS * 32);
    writer.text(domain);
    for (let index = 0; index < this.#sums.length; index++) {
      writer.u32(this.#sums[index] as number);
    }
    return hexOf(this.#crypto.sha256(writer.view()));
  }

  /** The 256 sums of 32 bytes each; brings them up to date first. */
  buckets(): Uint8Array[] {
    this.slice(Number.POSITIVE_INFINITY);
    const buckets: Uint8Array[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const writer = new ByteWriter(32);
      for (let index = 0; index < SUM_WORDS; index++) {
        writer.u32(this.#sums[bucket * SUM_WORDS + index] as number);
      }
      buckets.push(writer.toBytes());
    }
    return buckets;
  }

  /** Goes on with the first scan; returns what is left of the allowance. */
  #scan(allowance: number): number {
    const { chunks } = this.#records.arena;
    let left = allowance;
    for (; this.#scanChunk < chunks.length; this.#scanChunk++, this.#scanAt = 0) {
      const { words, used } = chunks[this.#scanChunk] as { words: Int32Array; used: number };
      while (this.#scanAt < used) {
        if (left-- <= 0) return 0;
        const entry = (this.#scanChunk << CHUNK_SHIFT) | this.#scanAt;
        const length = (words[(entry & WORD_MASK) + 2] as number) >>> 16;
        this.#count(entry);
        this.#scanAt += KEY_WORDS + ((length + 3) >>> 2);
      }
      // The last chunk grows on: later records come through the queue, and through here as well.
      if (this.#scanChunk === chunks.length - 1) break;
    }
    return left;
  }

  #count(entry: number): void {
    const flags = this.#records.flagsOf(entry);
    if ((flags & FREE) !== 0) return;
    const { included, queued } = this.#kind;
    if ((flags & queued) !== 0) this.#records.setFlags(entry, 0, queued);
    if ((flags & included) !== 0 || !this.#sum(entry, 1)) return;
    this.#records.setFlags(entry, included, 0);
  }

  /** Adds or takes away the hash of an entry; `false` where it counts nothing. */
  #sum(entry: number, sign: 1 | -1): boolean {
    const writer = this.#writer;
    writer.reset();
    if (!this.#kind.write(entry, writer)) return false;
    const digest = this.#crypto.sha256(writer.view());
    writer.reset();
    writer.shrink(65_536);
    const base = bucketOf(this.#records.keyBytesOf(entry)) * SUM_WORDS;
    addTo(this.#sums, base, digest, sign);
    return true;
  }

  #growQueue(): void {
    const queue = new Int32Array(Math.max(1024, this.#queue.length * 2));
    queue.set(this.#queue);
    this.#queue = queue;
  }
}

/** Which of the 256 buckets a key counts in. */
export function bucketOf(key: Uint8Array): number {
  let hash = 0x811c9dc5 | 0;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ (key[index] as number), 0x01000193);
  }
  hash ^= hash >>> 16;
  return (hash ^ (hash >>> 8)) & 0xff;
}

function addTo(sums: Uint32Array, base: number, digest: Uint8Array, sign: 1 | -1): void {
  let carry = 0;
  for (let index = 0; index < SUM_WORDS; index++) {
    const at = index * 4;
    const word =
      ((digest[at] as number) |
        ((digest[at + 1] as number) << 8) |
        ((digest[at + 2] as number) << 16) |
        ((digest[at + 3] as number) << 24)) >>>
      0;
    const sum = (sums[base + index] as number) + sign * word + carry;
    sums[base + index] = sum;
    carry = Math.floor(sum / 0x1_0000_0000);
  }
}
