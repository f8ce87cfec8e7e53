/**
 * Rows in the order of an index: leaves of a hundred or so, so that putting one in or taking one
 * out moves little, and a place is found by two searches.
 */
import { assert, compareKeys, type Value } from '../core/index.ts';

/** One entry in an index. */
export interface IndexRow {
  readonly key: string;
  /** What it is ordered by; `undefined` where the entry has none. */
  readonly values: readonly (Value | undefined)[];
  /** The same as text (`sortText`). */
  readonly text: string;
}

/** The rows of an index, by key and in order. */
export interface IndexRows {
  readonly byKey: Map<string, IndexRow>;
  readonly rows: SortedRows;
}

/** Between rows: before row `at` of leaf `leaf`. */
export interface RowPlace {
  readonly leaf: number;
  readonly at: number;
}

const LEAF_ROWS_MAX = 128;

export class SortedRows {
  #leaves: IndexRow[][] = [[]];
  /** The place behind the last row. */
  get end(): RowPlace {
    const leaf = this.#leaves.length - 1;
    return { leaf, at: (this.#leaves[leaf] as IndexRow[]).length };
  }

  /** The row must not be in. */
  add(row: IndexRow): void {
    const { leaf, at } = this.before(row.text, row.key);
    const rows = this.#leaves[leaf] as IndexRow[];
    rows.splice(at, 0, row);
    if (rows.length <= LEAF_ROWS_MAX) return;
    // Rows that come in order leave full leaves behind, others even ones.
    const isLast = leaf === this.#leaves.length - 1 && at === rows.length - 1;
    this.#leaves.splice(leaf + 1, 0, rows.splice(isLast ? LEAF_ROWS_MAX : LEAF_ROWS_MAX >> 1));
  }

  /** The row must be in. */
  remove(row: IndexRow): void {
    const { leaf, at } = this.before(row.text, row.key);
    const rows = this.#leaves[leaf] as IndexRow[];
    assert(rows[at] === row, 'INV-6: an index holds what it was given');
    rows.splice(at, 1);
    if (rows.length === 0 && this.#leaves.length > 1) this.#leaves.splice(leaf, 1);
  }

  /** The place before the first row that is not before (`text`, `key`). */
  before(text: string, key = ''): RowPlace {
    const leaves = this.#leaves;
    let low = 0;
    let high = leaves.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const last = (leaves[middle] as IndexRow[]).at(-1);
      if (last !== undefined && isBefore(last, text, key)) low = middle + 1;
      else high = middle;
    }
    return { leaf: low, at: placeIn(leaves[low] as IndexRow[], text, key) };
  }

  /** How many rows are before a place. */
  rank({ leaf, at }: RowPlace): number {
    let rank = at;
    for (let index = 0; index < leaf; index++) rank += (this.#leaves[index] as IndexRow[]).length;
    return rank;
  }

  /** Rows from one place up to another, or (`reverse`) down to it. */
  *between(from: RowPlace, to: RowPlace, reverse = false): Generator<IndexRow, void, undefined> {
    if (reverse) {
      for (let leaf = to.leaf; leaf >= from.leaf; leaf--) {
        const rows = this.#leaves[leaf] as IndexRow[];
        const first = leaf === from.leaf ? from.at : 0;
        const end = leaf === to.leaf ? to.at : rows.length;
        for (let at = end - 1; at >= first; at--) yield rows[at] as IndexRow;
      }
      return;
    }
    for (let leaf = from.leaf; leaf <= to.leaf; leaf++) {
      const rows = this.#leaves[leaf] as IndexRow[];
      const end = leaf === to.leaf ? to.at : rows.length;
      for (let at = leaf === from.leaf ? from.at : 0; at < end; at++) yield rows[at] as IndexRow;
    }
  }
}

function placeIn(rows: readonly IndexRow[], text: string, key: string): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(rows[middle] as IndexRow, text, key)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(row: IndexRow, text: string, key: string): boolean {
  if (row.text !== text) return row.text < text;
  return compareKeys(row.key, key) < 0;
}
