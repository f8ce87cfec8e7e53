/**
 * Finds an entry by its key: open addressing with linear probing over [hash, entry address] pairs,
 * in 256 shards by the upper bits of the hash, so that growing never stops the node for long: each
 * shard grows alone, at six tenths full. Removal shifts back what followed, so there are no
 * tombstone marks. ASCII keys are hashed and compared from their characters without any allocation.
 */
import { utf8LengthMax, writeUtf8, allocateBytesUnsafe } from '../../core/index.ts';
import { type Chunk, CHUNK_SHIFT, WORD_MASK } from './arena.ts';
import { hashAscii, hashBytes, NOT_ASCII } from './key-hash.ts';
import { ASCII_KEY, KEY_WORDS, KeyRecords } from './key-records.ts';

const SHARDS = 256;
const SHARD_SLOTS_MIN = 8;

export class KeyTable {
  readonly records: KeyRecords = new KeyRecords();
  /** Whether the last `obtain` made the entry. */
  created = false;
  readonly #seed: number;
  readonly #shards: Int32Array<ArrayBuffer>[] = [];
  readonly #counts = new Int32Array(SHARDS);
  #scratch = allocateBytesUnsafe(4096);
  #scratchLength = 0;

  constructor(seed: number) {
    this.#seed = seed | 0;
    for (let index = 0; index < SHARDS; index++) {
      this.#shards.push(new Int32Array(SHARD_SLOTS_MIN * 2));
    }
  }

  /** Bytes of memory in the shards. */
  get bytes(): number {
    let bytes = 0;
    for (const shard of this.#shards) bytes += shard.byteLength;
    return bytes;
  }

  /** The entry of a key, or 0. */
  find(key: string): number {
    const hash = hashAscii(key, this.#seed);
    if (hash !== NOT_ASCII) return this.#lookupAscii(key, hash);
    const wide = this.#encode(key);
    return this.#lookupBytes(this.#scratch, 0, this.#scratchLength, wide);
  }

  /** The entry of a key, made if there is none. */
  obtain(key: string): number {
    const ascii = hashAscii(key, this.#seed);
    if (ascii === NOT_ASCII) return this.#obtainWide(key);
    const found = this.#lookupAscii(key, ascii);
    this.created = found === 0;
    if (found !== 0) return found;
    const { length } = key;
    const address = this.records.create(length, ASCII_KEY);
    const chunk = this.records.arena.chunkOf(address);
    const at = address & WORD_MASK;
    const start = (at + KEY_WORDS) * 4;
    const { bytes } = chunk;
    for (let index = 0; index < length; index++) bytes[start + index] = key.charCodeAt(index);
    this.records.noteSystem(chunk, at);
    this.#insert(ascii, address);
    return address;
  }

  /** The same for UTF-8 bytes; `absent` says that there is no such key yet. */
  obtainBytes(source: Uint8Array, start: number, end: number, absent: boolean): number {
    const hash = hashBytes(source, start, end, this.#seed);
    const found = absent ? 0 : this.#lookupBytes(source, start, end - start, hash);
    this.created = found === 0;
    return found !== 0 ? found : this.#createBytes(source, start, end, hash);
  }

  /** Takes an entry out of the table; its record stays. */
  remove(entry: number): void {
    const key = this.records.keyBytesOf(entry);
    const hash = hashBytes(key, 0, key.length, this.#seed);
    const shard = this.#shards[hash >>> 24] as Int32Array;
    const mask = shard.length - 1;
    let hole = (hash << 1) & mask;
    while (shard[hole + 1] !== entry) hole = (hole + 2) & mask;
    for (let next = (hole + 2) & mask; shard[next + 1] !== 0; next = (next + 2) & mask) {
      const home = ((shard[next] as number) << 1) & mask;
      // What lies between its home and here without passing the hole must stay.
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      shard[hole] = shard[next] as number;
      shard[hole + 1] = shard[next + 1] as number;
      hole = next;
    }
    shard[hole + 1] = 0;
    this.#counts[hash >>> 24] = (this.#counts[hash >>> 24] as number) - 1;
  }

  #encode(key: string): number {
    const room = utf8LengthMax(key);
    if (room > this.#scratch.length) this.#scratch = allocateBytesUnsafe(room);
    this.#scratchLength = writeUtf8(this.#scratch, 0, key);
    return hashBytes(this.#scratch, 0, this.#scratchLength, this.#seed);
  }

  #obtainWide(key: string): number {
    const hash = this.#encode(key);
    const found = this.#lookupBytes(this.#scratch, 0, this.#scratchLength, hash);
    this.created = found === 0;
    return found !== 0 ? found : this.#createBytes(this.#scratch, 0, this.#scratchLength, hash);
  }

  #createBytes(source: Uint8Array, start: number, end: number, hash: number): number {
    const address = this.records.create(end - start, 0);
    const chunk = this.records.arena.chunkOf(address);
    const at = address & WORD_MASK;
    const { bytes, words } = chunk;
    let to = (at + KEY_WORDS) * 4;
    let seen = 0;
    for (let index = start; index < end; index++) {
      const byte = source[index] as number;
      seen |= byte;
      bytes[to++] = byte;
    }
    if (seen < 0x80) words[at + 2] = (words[at + 2] as number) | ASCII_KEY;
    this.records.noteSystem(chunk, at);
    this.#insert(hash, address);
    return address;
  }

  #lookupAscii(key: string, hash: number): number {
    const shard = this.#shards[hash >>> 24] as Int32Array;
    const mask = shard.length - 1;
    for (let slot = (hash << 1) & mask; ; slot = (slot + 2) & mask) {
      const entry = shard[slot + 1] as number;
      if (entry === 0) return 0;
      if (shard[slot] === hash && this.#isAsciiKey(entry, key)) return entry;
    }
  }

  #lookupBytes(source: Uint8Array, start: number, length: number, hash: number): number {
    const shard = this.#shards[hash >>> 24] as Int32Array;
    const mask = shard.length - 1;
    for (let slot = (hash << 1) & mask; ; slot = (slot + 2) & mask) {
      const entry = shard[slot + 1] as number;
      if (entry === 0) return 0;
      if (shard[slot] !== hash) continue;
      if (this.records.compareBytes(entry, source, start, length, 0) === 0) return entry;
    }
  }

  #isAsciiKey(entry: number, key: string): boolean {
    const chunk = this.records.arena.chunks[entry >>> CHUNK_SHIFT] as Chunk;
    const at = entry & WORD_MASK;
    const { length } = key;
    if ((chunk.words[at + 2] as number) >>> 16 !== length) return false;
    const { bytes } = chunk;
    const start = (at + KEY_WORDS) * 4;
    for (let index = 0; index < length; index++) {
      if (bytes[start + index] !== key.charCodeAt(index)) return false;
    }
    return true;
  }

  #insert(hash: number, entry: number): void {
    const number = hash >>> 24;
    const count = (this.#counts[number] as number) + 1;
    this.#counts[number] = count;
    let shard = this.#shards[number] as Int32Array<ArrayBuffer>;
    if (count * 10 > shard.length * 3) {
      shard = grown(shard);
      this.#shards[number] = shard;
    }
    place(shard, hash, entry);
  }
}

function grown(shard: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(shard.length * 2);
  for (let slot = 0; slot < shard.length; slot += 2) {
    const entry = shard[slot + 1] as number;
    if (entry !== 0) place(larger, shard[slot] as number, entry);
  }
  return larger;
}

function place(shard: Int32Array<ArrayBuffer>, hash: number, entry: number): void {
  const mask = shard.length - 1;
  let slot = (hash << 1) & mask;
  while (shard[slot + 1] !== 0) slot = (slot + 2) & mask;
  shard[slot] = hash;
  shard[slot + 1] = entry;
}
