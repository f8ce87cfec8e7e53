/**
 * Which rows of an index a query means: those whose first values are given, and of these the ones
 * whose next value lies between bounds.
 */
import { AdastraError, type Value } from '../core/index.ts';
import type { IndexRow, IndexRows, RowPlace, SortedRows } from './sorted-rows.ts';
import { BEHIND, sortText } from './sort-text.ts';

export interface IndexRange {
  /** The first values, exactly. */
  readonly equal?: readonly Value[];
  /** Bounds of the value behind those. */
  readonly gt?: Value;
  readonly gte?: Value;
  readonly lt?: Value;
  readonly lte?: Value;
  readonly reverse?: boolean;
  readonly limit?: number;
  /** The last entry of the page before; `null` values stand for missing ones too. */
  readonly after?: { readonly key: string; readonly values: readonly Value[] };
}

/** Rows that one query gives unless it asks for fewer or more. */
export const RANGE_LIMIT = 1000;
const RANGE_LIMIT_MAX = 10_000;
const KNOWN = ['equal', 'gt', 'gte', 'lt', 'lte', 'reverse', 'limit', 'after'];

/** Throws `invalid_argument`. */
export function countIn({ rows }: IndexRows, range: IndexRange = {}): number {
  check(range);
  const { from, to } = placesOf(rows, range);
  return Math.max(0, rows.rank(to) - rows.rank(from));
}

/** The rows that a query gives. Throws `invalid_argument`. */
export function rowsIn(index: IndexRows, range: IndexRange = {}): IndexRow[] {
  check(range);
  const { reverse = false, limit = RANGE_LIMIT, after } = range;
  const { rows } = index;
  const places = placesOf(rows, range);
  if (after !== undefined) {
    const text = textOf(index, after);
    // The key right behind another is that with one more character, the least there is.
    const next = rows.before(text, reverse ? after.key : `${after.key}\u0000`);
    if (reverse && rows.rank(next) < rows.rank(places.to)) places.to = next;
    if (!reverse && rows.rank(next) > rows.rank(places.from)) places.from = next;
  }
  const found: IndexRow[] = [];
  if (limit === 0) return found;
  for (const row of rows.between(places.from, places.to, reverse)) {
    found.push(row);
    if (found.length === limit) break;
  }
  return found;
}

/** Rows with these values lie from the first place on and before the second. */
function placesOf(rows: SortedRows, range: IndexRange): { from: RowPlace; to: RowPlace } {
  const { equal = [], gt, gte, lt, lte } = range;
  const prefix = sortText(equal);
  const at = (value: Value): string => prefix + sortText([value]);
  const lower = [prefix];
  const upper = [prefix + BEHIND];
  if (gte !== undefined) lower.push(at(gte));
  if (gt !== undefined) lower.push(at(gt) + BEHIND);
  if (lt !== undefined) upper.push(at(lt));
  if (lte !== undefined) upper.push(at(lte) + BEHIND);
  const from = lower.reduce((left, right) => (left > right ? left : right));
  const to = upper.reduce((left, right) => (left < right ? left : right));
  return { from: rows.before(from), to: rows.before(to) };
}

/** Where an entry stood that was given before: a missing value was given as `null`. */
function textOf({ byKey }: IndexRows, { key, values }: NonNullable<IndexRange['after']>): string {
  const text = sortText(values);
  const row = byKey.get(key);
  if (row === undefined) return text;
  return sortText(row.values.map((value) => value ?? null)) === text ? row.text : text;
}

function check(range: unknown): void {
  if (typeof range !== 'object' || range === null) throw unfit('a range is an object');
  const { equal, reverse, limit, after } = range as Record<string, unknown>;
  const unknown = Object.keys(range).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw unfit(`a range has no ${unknown}: ${KNOWN.join(', ')}`);
  if (equal !== undefined && !Array.isArray(equal)) throw unfit('equal is a list of values');
  if (reverse !== undefined && typeof reverse !== 'boolean') throw unfit('reverse is a boolean');
  const isLimit = Number.isSafeInteger(limit) && (limit as number) >= 0;
  if (limit !== undefined && !(isLimit && (limit as number) <= RANGE_LIMIT_MAX)) {
    throw unfit(`limit is a whole number from 0 to ${RANGE_LIMIT_MAX}`);
  }
  if (after === undefined) return;
  const { key, values } = (after ?? {}) as Record<string, unknown>;
  if (typeof key !== 'string' || !Array.isArray(values)) {
    throw unfit('after is an entry that the index gave');
  }
}

function unfit(message: string): AdastraError {
  return new AdastraError('invalid_argument', message);
}
