/**
 * Sorts entries by key bytes, quickly also where keys share long prefixes: the next four key bytes
 * and the entry address make one 64-bit number, numbers are sorted natively, groups that are still
 * equal are sorted by the bytes that follow; what all of a group have in common is skipped. A key
 * that has ended counts as zeros, which never contradicts byte order but can tie with real zeros;
 * such groups (keys with NUL characters) are left to comparisons.
 */
import { CHUNK_SHIFT, type Chunk, WORD_MASK } from './arena.ts';
import { KEY_WORDS, type KeyRecords } from './key-records.ts';

const INSERTION_MAX = 16;

export class KeySort {
  readonly #records: KeyRecords;
  #numbers = new BigUint64Array(0);
  #halves = new Uint32Array(0);

  constructor(records: KeyRecords) {
    this.#records = records;
  }

  /** Sorts `entries` in place. */
  sort(entries: Int32Array): void {
    const { length } = entries;
    this.#numbers = new BigUint64Array(length);
    this.#halves = new Uint32Array(this.#numbers.buffer);
    this.#sortRun(entries, 0, length, 0);
    this.#numbers = new BigUint64Array(0);
    this.#halves = new Uint32Array(0);
  }

  #sortRun(entries: Int32Array, low: number, high: number, depth: number): void {
    let skip = depth;
    for (;;) {
      if (high - low <= INSERTION_MAX) return this.#insertion(entries, low, high, skip);
      if (this.#fill(entries, low, high, skip)) break;
      const common = this.#commonPrefix(entries, low, high, skip);
      if (common < skip + 4) return this.#byComparison(entries, low, high, skip);
      skip = common;
    }
    this.#numbers.subarray(low, high).sort();
    this.#readBack(entries, low, high);
    this.#sortGroups(entries, low, high, skip);
  }

  /** Puts (next four bytes, entry) in place; whether the bytes differ anywhere. */
  #fill(entries: Int32Array, low: number, high: number, skip: number): boolean {
    const halves = this.#halves;
    const first = this.#nextFour(entries[low] as number, skip);
    let difference = 0;
    for (let index = low; index < high; index++) {
      const entry = entries[index] as number;
      const four = this.#nextFour(entry, skip);
      difference |= four ^ first;
      halves[index * 2 + LOW_HALF] = entry;
      halves[index * 2 + 1 - LOW_HALF] = four;
    }
    return difference !== 0;
  }

  #nextFour(entry: number, skip: number): number {
    const chunk = this.#records.arena.chunks[entry >>> CHUNK_SHIFT] as Chunk;
    const at = entry & WORD_MASK;
    const { bytes } = chunk;
    const left = ((chunk.words[at + 2] as number) >>> 16) - skip;
    const from = (at + KEY_WORDS) * 4 + skip;
    if (left >= 4) {
      return (
        ((bytes[from] as number) << 24) |
        ((bytes[from + 1] as number) << 16) |
        ((bytes[from + 2] as number) << 8) |
        (bytes[from + 3] as number)
      );
    }
    let four = 0;
    for (let index = 0; index < left; index++) {
      four |= (bytes[from + index] as number) << (24 - index * 8);
    }
    return four;
  }

  #readBack(entries: Int32Array, low: number, high: number): void {
    const halves = this.#halves;
    for (let index = low; index < high; index++) {
      entries[index] = halves[index * 2 + LOW_HALF] as number;
    }
  }

  /** Sorts on where the four bytes just sorted by are equal. */
  #sortGroups(entries: Int32Array, low: number, high: number, skip: number): void {
    const halves = this.#halves;
    const side = 1 - LOW_HALF;
    let begin = low;
    while (begin < high) {
      const four = halves[begin * 2 + side] as number;
      let end = begin + 1;
      while (end < high && halves[end * 2 + side] === four) end++;
      if (end - begin > 1) this.#sortRun(entries, begin, end, skip + 4);
      begin = end;
    }
  }

  /** Bytes from the start that all keys have in common, at least `skip`. */
  #commonPrefix(entries: Int32Array, low: number, high: number, skip: number): number {
    const first = this.#records.keyBytesOf(entries[low] as number);
    let common = first.length;
    for (let index = low + 1; index < high && common > skip; index++) {
      const entry = entries[index] as number;
      const chunk = this.#records.arena.chunks[entry >>> CHUNK_SHIFT] as Chunk;
      const at = entry & WORD_MASK;
      const from = (at + KEY_WORDS) * 4;
      const { bytes } = chunk;
      const length = Math.min(common, (chunk.words[at + 2] as number) >>> 16);
      let same = Math.min(skip, length);
      while (same < length && first[same] === bytes[from + same]) same++;
      common = same;
    }
    return common;
  }

  #insertion(entries: Int32Array, low: number, high: number, skip: number): void {
    const records = this.#records;
    // A group can hold keys that ended before `skip`, tied by zeros.
    const known = this.#shortest(entries, low, high, skip);
    for (let index = low + 1; index < high; index++) {
      const entry = entries[index] as number;
      let to = index - 1;
      while (to >= low && records.compare(entries[to] as number, entry, known) > 0) {
        entries[to + 1] = entries[to] as number;
        to--;
      }
      entries[to + 1] = entry;
    }
  }

  #byComparison(entries: Int32Array, low: number, high: number, skip: number): void {
    const records = this.#records;
    const known = this.#shortest(entries, low, high, skip);
    entries.subarray(low, high).sort((left, right) => records.compare(left, right, known));
  }

  #shortest(entries: Int32Array, low: number, high: number, skip: number): number {
    let shortest = skip;
    for (let index = low; index < high; index++) {
      shortest = Math.min(shortest, this.#records.lengthOf(entries[index] as number));
    }
    return shortest;
  }
}

/** Which half of a 64-bit number, as two 32-bit ones in memory, is the lower. */
const LOW_HALF: number = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;
