/**
 * Key records ("entries"): one for each key, at an address that stays until the key is forgotten.
 * Words: [0] length in words and [1] address of the current value cell (0: the key has no state),
 * so that replacing it need not touch the old one, [2] flags in the low and key length in the high
 * 16 bits, then the UTF-8 bytes of the key. Records of forgotten keys are kept by size and used
 * again, so an address alone is no name that lasts.
 */
import { assert, readUtf8 } from '../../core/index.ts';
import { Arena, CHUNK_SHIFT, type Chunk, WORD_MASK } from './arena.ts';

/** Readers get a value. */
export const PRESENT = 1;
/** At least one sibling is a put. */
export const HAS_PUT = 2;
/** The siblings stand in the side table. */
export const MANY = 4;
/** The key is ASCII. */
export const ASCII_KEY = 8;
/** The key begins with `$`. */
export const SYSTEM = 16;
/** The record waits to be used again. */
export const FREE = 32;
/** Flags of the two hashes: counted in, waiting to be counted. */
export const STATE_IN = 64;
export const STATE_QUEUED = 128;
export const CONTENT_IN = 256;
export const CONTENT_QUEUED = 512;
/** The entry stands in the order's leaves, not in its tail. */
export const ORDERED = 1024;
/** The entry is in the list of those without state. */
export const VACANT = 2048;

/** Words before the key bytes. */
export const KEY_WORDS = 3;
const KEY_BYTES_MAX = 0xffff;
const DOLLAR = 0x24;

export class KeyRecords {
  readonly arena: Arena = new Arena();
  /** Records that are not free, and the bytes of their keys. */
  count = 0;
  keyBytes = 0;
  readonly #freeBySize: number[] = [];

  /** A record without key bytes: the caller writes them at `byteOffset(address)`. */
  create(length: number, flags: number): number {
    assert(length > 0 && length <= KEY_BYTES_MAX, `a key of ${length} bytes`);
    const size = KEY_WORDS + ((length + 3) >>> 2);
    const free = this.#freeBySize[size];
    const address = free === undefined || free === 0 ? this.arena.allocate(size) : free;
    const { words } = this.arena.chunkOf(address);
    const at = address & WORD_MASK;
    if (address === free) this.#freeBySize[size] = words[at + KEY_WORDS] as number;
    words[at] = 0;
    words[at + 1] = 0;
    words[at + 2] = flags | (length << 16);
    this.count++;
    this.keyBytes += length;
    return address;
  }

  /** Gives the record back. */
  free(address: number): void {
    const { words } = this.arena.chunkOf(address);
    const at = address & WORD_MASK;
    const length = (words[at + 2] as number) >>> 16;
    const size = KEY_WORDS + ((length + 3) >>> 2);
    words[at + 1] = 0;
    words[at + 2] = FREE | (length << 16);
    words[at + KEY_WORDS] = this.#freeBySize[size] ?? 0;
    this.#freeBySize[size] = address;
    this.count--;
    this.keyBytes -= length;
  }

  /** Marks a new record as a system key if its first byte says so. */
  noteSystem(chunk: Chunk, at: number): void {
    if (chunk.bytes[(at + KEY_WORDS) * 4] === DOLLAR) {
      chunk.words[at + 2] = (chunk.words[at + 2] as number) | SYSTEM;
    }
  }

  /** Address of the current value cell, 0 if the key has no state. */
  cellOf(address: number): number {
    return (this.arena.chunks[address >>> CHUNK_SHIFT] as Chunk).words[
      (address & WORD_MASK) + 1
    ] as number;
  }

  /** Flags in the low 16 bits. */
  flagsOf(address: number): number {
    return (this.arena.chunks[address >>> CHUNK_SHIFT] as Chunk).words[
      (address & WORD_MASK) + 2
    ] as number;
  }

  setFlags(address: number, on: number, off: number): void {
    const { words } = this.arena.chunkOf(address);
    const at = (address & WORD_MASK) + 2;
    words[at] = ((words[at] as number) & ~off) | on;
  }

  lengthOf(address: number): number {
    return this.flagsOf(address) >>> 16;
  }

  keyOf(address: number): string {
    const { bytes, words } = this.arena.chunkOf(address);
    const at = address & WORD_MASK;
    const info = words[at + 2] as number;
    const start = (at + KEY_WORDS) * 4;
    return readUtf8(bytes, start, start + (info >>> 16), (info & ASCII_KEY) !== 0);
  }

  /** Every record, free ones included, as they lie; not while records are made. */
  *addresses(): IterableIterator<number> {
    const { chunks } = this.arena;
    for (let index = 0; index < chunks.length; index++) {
      const { words, used } = chunks[index] as Chunk;
      for (let at = index === 0 ? 1 : 0; at < used; ) {
        yield (index << CHUNK_SHIFT) | at;
        at += KEY_WORDS + ((((words[at + 2] as number) >>> 16) + 3) >>> 2);
      }
    }
  }

  /** A view of the key bytes; valid until the next setter. */
  keyBytesOf(address: number): Uint8Array {
    const { bytes, words } = this.arena.chunkOf(address);
    const at = address & WORD_MASK;
    const start = (at + KEY_WORDS) * 4;
    return bytes.subarray(start, start + ((words[at + 2] as number) >>> 16));
  }

  /** Order of two keys by bytes; `skip` bytes are known to be equal. */
  compare(left: number, right: number, skip: number): number {
    const a = this.arena.chunks[left >>> CHUNK_SHIFT] as Chunk;
    const atA = left & WORD_MASK;
    const length = (a.words[atA + 2] as number) >>> 16;
    return -this.compareBytes(right, a.bytes, (atA + KEY_WORDS) * 4, length, skip);
  }

  /** Order of an entry's key against `length` bytes at `start`; negative: the entry is smaller. */
  compareBytes(
    address: number,
    source: Uint8Array,
    start: number,
    length: number,
    skip: number,
  ): number {
    const chunk = this.arena.chunks[address >>> CHUNK_SHIFT] as Chunk;
    const at = address & WORD_MASK;
    const own = (chunk.words[at + 2] as number) >>> 16;
    const { bytes } = chunk;
    const from = (at + KEY_WORDS) * 4;
    const shorter = own < length ? own : length;
    for (let index = skip; index < shorter; index++) {
      const difference = (bytes[from + index] as number) - (source[start + index] as number);
      if (difference !== 0) return difference;
    }
    return own - length;
  }
}
