/**
 * Append-only memory in chunks of up to 1 MiB. A record has a stable 31-bit address in words of
 * four bytes: chunk number in the upper 13 bits, word in the chunk in the lower 18 (so at most 8
 * GiB; a record of more than 256 KiB gets a chunk of its own). Address 0 is never given, it means
 * "none".
 *
 * What lies in a chunk is never overwritten by the arena and its memory is never reused: whoever
 * holds the chunk object may go on reading a record after the arena has dropped the chunk. The
 * arena only counts what is live; moving live records out of a chunk is for `compaction.ts`.
 */
import { allocateBytesUnsafe, assert } from '../../core/index.ts';

/** Words in a full chunk: 1 MiB. */
const CHUNK_WORDS = 262_144;
/** An address shifted right by this is the chunk number. */
export const CHUNK_SHIFT = 18;
/** The part of an address that is the word in the chunk. */
export const WORD_MASK: number = CHUNK_WORDS - 1;
const CHUNKS_MAX = 1 << 13;
const FIRST_CHUNK_WORDS = 1 << 14;
const OVERSIZE_WORDS = 1 << 16;

/** One piece of memory, as bytes and as words. */
export class Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Int32Array<ArrayBuffer>;
  /** Number in the arena; -1 when dropped. */
  index: number;
  /** Words given out. */
  used: number;
  /** Words of records that still count. */
  live = 0;
  /** Its live records are being moved; nothing in it may come to life again. */
  evacuating = false;

  constructor(index: number, capacity: number) {
    this.bytes = allocateBytesUnsafe(capacity * 4);
    this.words = new Int32Array(this.bytes.buffer, this.bytes.byteOffset, capacity);
    this.index = index;
    this.used = index === 0 ? 1 : 0;
  }
}

/** Stands where there is no chunk. */
export const NO_CHUNK: Chunk = new Chunk(-1, 0);

export class Arena {
  /** By chunk number; `NO_CHUNK` where one was dropped. */
  readonly chunks: Chunk[] = [];
  /** The chunk that small records are appended to. */
  current: Chunk = NO_CHUNK;
  /** Words given out in all chunks that are not dropped. */
  usedWords = 0;
  /** Words of records that still count. */
  liveWords = 0;
  /** Words of memory held. */
  capacityWords = 0;
  readonly #free: number[] = [];

  /** The address of `words` new words, with whatever was in memory. */
  allocate(words: number): number {
    const chunk = this.current;
    const at = chunk.used;
    if (at + words > chunk.words.length) return this.#allocateElsewhere(words);
    chunk.used = at + words;
    chunk.live += words;
    this.usedWords += words;
    this.liveWords += words;
    return (chunk.index << CHUNK_SHIFT) | at;
  }

  chunkOf(address: number): Chunk {
    return this.chunks[address >>> CHUNK_SHIFT] as Chunk;
  }

  /** A record of `words` in `chunk` no longer counts; a chunk with nothing live left is dropped. */
  release(chunk: Chunk, words: number): void {
    chunk.live -= words;
    this.liveWords -= words;
    if (chunk.live === 0 && chunk !== this.current) this.drop(chunk);
  }

  /** A released record counts again; its chunk must be neither dropped nor evacuating. */
  revive(chunk: Chunk, words: number): void {
    chunk.live += words;
    this.liveWords += words;
  }

  /** Lets a chunk go in which nothing is live. */
  drop(chunk: Chunk): void {
    if (chunk.index < 0) return;
    this.chunks[chunk.index] = NO_CHUNK;
    this.#free.push(chunk.index);
    chunk.index = -1;
    this.usedWords -= chunk.used;
    this.capacityWords -= chunk.words.length;
  }

  #allocateElsewhere(words: number): number {
    const current = this.current;
    if (words > OVERSIZE_WORDS) {
      const own = this.#add(words + 1);
      this.current = own;
      const address = this.allocate(words);
      this.current = current === NO_CHUNK ? own : current;
      return address;
    }
    const grown = Math.max(FIRST_CHUNK_WORDS, Math.min(CHUNK_WORDS, current.words.length * 2));
    this.current = this.#add(Math.max(grown, Math.min(CHUNK_WORDS, words * 2)));
    if (current !== NO_CHUNK && current.live === 0) this.drop(current);
    return this.allocate(words);
  }

  #add(capacity: number): Chunk {
    const index = this.#free.pop() ?? this.chunks.length;
    assert(index < CHUNKS_MAX, 'the store outgrew the memory that addresses reach');
    const chunk = new Chunk(index, capacity);
    this.chunks[index] = chunk;
    this.capacityWords += capacity;
    return chunk;
  }
}
