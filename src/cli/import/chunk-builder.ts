/**
 * Rows into chunks: so many keys each, fewer where rows are large, cut by the content alone, so
 * that the same input gives the same chunks again. Knows every key of the import, to see when a
 * second row has it.
 */
import type { OperationCall } from '../../core/index.ts';
import { badRow } from './import-fault.ts';
import type { KeyedRow } from './key-template.ts';
import type { Row } from './row.ts';

/** A commit stays far below the world's limit of 8 MiB. */
const CHUNK_BYTES_MAX = 2 * 1024 * 1024;

/** What a second row with the same key means. */
export type DuplicateRule = 'stop' | 'first' | 'last';

/** The puts of one commit. */
export interface Chunk {
  /** From 1 on. */
  readonly number: number;
  readonly operations: OperationCall[];
  /** Line of each operation's row. */
  readonly lines: number[];
  /** Rows read for it, passed-over ones included. */
  rows: number;
  bytes: number;
  /** Whether a chunk before it holds one of its keys: their order then counts. */
  overwrites: boolean;
}

/** Fills one chunk after the other. */
export class ChunkBuilder {
  readonly #rowsMax: number;
  readonly #rule: DuplicateRule;
  /** Line at which each key stood first. */
  readonly #lineOf = new Map<string, number>();
  /** Place of each key in the chunk being filled. */
  readonly #placeOf = new Map<string, number>();
  #chunk = emptyChunk(1);
  #duplicates = 0;

  constructor(rowsMax: number, rule: DuplicateRule) {
    this.#rowsMax = rowsMax;
    this.#rule = rule;
  }

  /** Rows so far whose key an earlier row had. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** Adds a row; gives the chunk before it, if that was full. */
  add(row: Row, keyed: KeyedRow): Chunk | undefined {
    const earlier = this.#lineOf.get(keyed.key);
    if (earlier === undefined) {
      this.#lineOf.set(keyed.key, row.line);
      return this.#append(row, keyed);
    }
    if (this.#rule === 'stop') throw sameKey(row, keyed.key, earlier);
    this.#duplicates += 1;
    const place = this.#placeOf.get(keyed.key);
    if (this.#rule === 'last' && place === undefined) {
      const full = this.#append(row, keyed);
      this.#chunk.overwrites = true;
      return full;
    }
    this.#chunk.rows += 1;
    if (this.#rule === 'last' && place !== undefined) this.#replace(row, keyed, place);
    return undefined;
  }

  /** The last chunk; `undefined` where no row is left. */
  finish(): Chunk | undefined {
    return this.#chunk.operations.length === 0 ? undefined : this.#take();
  }

  #take(): Chunk {
    const chunk = this.#chunk;
    this.#chunk = emptyChunk(chunk.number + 1);
    this.#placeOf.clear();
    return chunk;
  }

  #append(row: Row, { key, value }: KeyedRow): Chunk | undefined {
    const { operations, bytes } = this.#chunk;
    const isFull =
      operations.length >= this.#rowsMax ||
      (operations.length > 0 && bytes + row.bytes > CHUNK_BYTES_MAX);
    const full = isFull ? this.#take() : undefined;
    const chunk = this.#chunk;
    this.#placeOf.set(key, chunk.operations.length);
    chunk.operations.push({ op: 'put', args: { key, value } });
    chunk.lines.push(row.line);
    chunk.rows += 1;
    chunk.bytes += row.bytes;
    return full;
  }

  #replace(row: Row, { key, value }: KeyedRow, place: number): void {
    this.#chunk.operations[place] = { op: 'put', args: { key, value } };
    this.#chunk.lines[place] = row.line;
    this.#chunk.bytes += row.bytes;
  }
}

function sameKey(row: Row, key: string, earlier: number): Error {
  const what = `the key ${JSON.stringify(key)} stands in line ${earlier} and line ${row.line}`;
  return badRow(row.line, `${what}; --on-duplicate first or last decides`);
}

function emptyChunk(number: number): Chunk {
  return { number, operations: [], lines: [], rows: 0, bytes: 0, overwrites: false };
}
