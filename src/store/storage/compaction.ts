/**
 * Gives memory of replaced value cells back: picks a chunk that is less than half live, moves what
 * is live behind the newest cell, a bounded slice at a time, and lets the chunk go. A cell is live
 * if its entry points at it. Snapshots and undos hold chunk objects, not addresses, and do not
 * notice.
 */
import { assert } from '../../core/index.ts';
import { type Arena, CHUNK_SHIFT, type Chunk, NO_CHUNK, WORD_MASK } from './arena.ts';
import { cellWords, copyCell } from './cell-records.ts';
import type { KeyRecords } from './key-records.ts';

const GARBAGE_WORDS_MIN = 2 * 1024 * 1024;
const LOOK_AGAIN_WORDS = 256 * 1024;

export class Compaction {
  readonly #cells: Arena;
  readonly #records: KeyRecords;
  #victim: Chunk = NO_CHUNK;
  #cursor = 0;
  /** Garbage at which it is worth looking for a victim again. */
  #quietBelow = 0;

  constructor(cells: Arena, records: KeyRecords) {
    this.#cells = cells;
    this.#records = records;
  }

  /** Whether garbage exceeds 8 MiB, half of what is live, and what a search found hopeless. */
  get due(): boolean {
    const { usedWords, liveWords } = this.#cells;
    const garbage = usedWords - liveWords;
    return garbage > GARBAGE_WORDS_MIN && garbage * 2 > liveWords && garbage > this.#quietBelow;
  }

  /** Looks at about `maxBytes` of cells; `true` when no chunk is worth it any more. */
  compact(maxBytes: number): boolean {
    let budget = Math.max(1, maxBytes >>> 2);
    while (budget > 0) {
      if (this.#victim.index < 0 && !this.#choose()) return true;
      budget -= this.#evacuate(budget);
    }
    return false;
  }

  #choose(): boolean {
    const { chunks, current } = this.#cells;
    let best = NO_CHUNK;
    let bestRatio = 0.5;
    for (const chunk of chunks) {
      if (chunk === current || chunk.index < 0) continue;
      const ratio = chunk.live / chunk.used;
      if (ratio >= bestRatio) continue;
      best = chunk;
      bestRatio = ratio;
    }
    this.#victim = best;
    best.evacuating = best !== NO_CHUNK;
    this.#cursor = best.index === 0 ? 1 : 0;
    const garbage = this.#cells.usedWords - this.#cells.liveWords;
    this.#quietBelow = best === NO_CHUNK ? garbage + LOOK_AGAIN_WORDS : 0;
    return best !== NO_CHUNK;
  }

  #evacuate(budget: number): number {
    const victim = this.#victim;
    const { words, used } = victim;
    const base = victim.index << CHUNK_SHIFT;
    const begin = this.#cursor;
    let at = begin;
    while (at < used && at - begin < budget && victim.index >= 0) {
      const size = cellWords(words, at);
      const entry = words[at] as number;
      if (this.#records.cellOf(entry) === (base | at)) {
        const moved = copyCell(this.#cells, victim, at, entry);
        this.#records.arena.chunkOf(entry).words[(entry & WORD_MASK) + 1] = moved;
        this.#cells.release(victim, size);
      }
      at += size;
    }
    assert(at < used || victim.index < 0, 'a chunk was walked to its end and still counts as live');
    this.#cursor = at;
    return Math.max(1, at - begin);
  }
}
