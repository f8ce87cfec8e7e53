/**
 * Reading entries: `Locator` finds the cell that an entry has, live or at the time of a snapshot,
 * and gives it as a value or as objects. Chunks are never overwritten, so what was located stays
 * readable whatever setters and compaction do afterwards.
 */
import { type Value, decodeValue } from '../../core/index.ts';
import { type Arena, type Chunk, NO_CHUNK, WORD_MASK } from './arena.ts';
import { type Cell, type EntryState, GREATEST, KIND_PUT, cellOfView } from './cell.ts';
import { CELL_ASCII, CELL_REMOVE, cellSeq, readCell, valueStart } from './cell-records.ts';
import type { Generation, Siblings } from './generation.ts';
import { type KeyRecords, MANY, PRESENT } from './key-records.ts';

/**
 * Finds the cell of an entry, live or at a generation, and reads it. One object moved from entry to
 * entry, so that scans allocate nothing but values. What it has located stays readable.
 */
export class Locator {
  chunk: Chunk = NO_CHUNK;
  at = 0;
  siblings: Siblings | undefined;
  /** The snapshot read at: who still reads keeps it alive. */
  readonly holder: object | undefined;
  readonly #records: KeyRecords;
  readonly #cells: Arena;
  readonly #many: ReadonlyMap<number, Siblings>;
  #generation: Generation | undefined;

  constructor(
    records: KeyRecords,
    cells: Arena,
    many: ReadonlyMap<number, Siblings>,
    generation: Generation | undefined,
    holder?: object,
  ) {
    this.#records = records;
    this.#cells = cells;
    this.#many = many;
    this.#generation = generation;
    this.holder = holder;
  }

  /** Lets the snapshot's generation go. */
  close(): void {
    this.#generation = undefined;
  }

  /** Whether a range gives this entry; live, without a look at its cell. */
  accepts(entry: number, withAbsent: boolean): boolean {
    if (this.#generation !== undefined) {
      return this.locate(entry) && (withAbsent || this.present);
    }
    if ((this.#records.flagsOf(entry) & PRESENT) !== 0) return true;
    return withAbsent && this.#records.cellOf(entry) !== 0;
  }

  /** Moves to an entry; `false` if it has no state here. */
  locate(entry: number): boolean {
    for (let node = this.#generation; node !== undefined; node = node.newer) {
      const before = node.replaced.get(entry);
      if (before === undefined) continue;
      this.chunk = before.chunk;
      this.at = before.at;
      this.siblings = before.siblings;
      return before.chunk !== NO_CHUNK;
    }
    const cell = this.#records.cellOf(entry);
    if (cell === 0) return false;
    this.chunk = this.#cells.chunkOf(cell);
    this.at = cell & WORD_MASK;
    const many = (this.#records.flagsOf(entry) & MANY) !== 0;
    this.siblings = many ? this.#many.get(entry) : undefined;
    return true;
  }

  /** Whether readers get a value. */
  get present(): boolean {
    return ((this.chunk.words[this.at + 2] as number) & CELL_REMOVE) === 0;
  }

  get seq(): number {
    return cellSeq(this.chunk.words, this.at);
  }

  /** The decoded view, a copy of its own; `undefined` where the key reads as absent. */
  value(): Value | undefined {
    return decodeCell(this.chunk, this.at);
  }

  /** What readers get, as an object; a remove where the key reads as absent. */
  viewCell(): Cell {
    return readCell(this.chunk, this.at);
  }

  state(): EntryState {
    const seq = this.seq;
    const { siblings } = this;
    if (siblings === undefined) {
      const cell = readCell(this.chunk, this.at);
      const viewCell = cell.kind === KIND_PUT ? cell : undefined;
      return { siblings: [cell], view: GREATEST, viewCell, seq };
    }
    const shown = cellOfView(siblings.cells, siblings.view);
    const viewCell = shown.kind === KIND_PUT ? shown : undefined;
    return { siblings: siblings.cells, view: siblings.view, viewCell, seq };
  }
}

/** The value in a cell; `undefined` for one that shows nothing. */
export function decodeCell(chunk: Chunk, at: number): Value | undefined {
  const { words, bytes } = chunk;
  const info = words[at + 2] as number;
  if ((info & CELL_REMOVE) !== 0) return undefined;
  const start = valueStart(words, at);
  const end = start + (words[at + 1] as number);
  return decodeValue(info & 15, bytes, start, end, (info & CELL_ASCII) !== 0);
}
