/**
 * Secondary indexes, ready made: the entries under a prefix in the order of some of their fields,
 * with ranges. An index is a function of the entries alone: nothing of it stands in checkpoints,
 * opening makes it of the entries there, and nodes with equal entries have equal ones.
 */
import { AdastraError, type Value } from '../core/index.ts';
import { countIn, type IndexRange, RANGE_LIMIT, rowsIn } from './index-range.ts';
import { type AnyProjection, checkProjection, type ProjectionEvent } from './projection.ts';
import { type IndexRow, type IndexRows, SortedRows } from './sorted-rows.ts';
import { BEHIND, sortText } from './sort-text.ts';

/** What an entry is ordered by: a value, or `undefined` for one that it lacks. */
export type IndexedValues = readonly (Value | undefined)[];

export interface IndexDefinition {
  readonly name: string;
  /** Raised when the code of `by` means something else; default 1. */
  readonly version?: number;
  /** Which keys; default all of the users'. */
  readonly prefix?: string;
  /**
   * Fields of the value, as paths: `name`, `address.city`; the empty path is the value itself. Two
   * or more make a composite index. Either this or `by`.
   */
  readonly fields?: readonly string[];
  /** A pure function that gives the values; `undefined` leaves the entry out. */
  readonly by?: (value: Value, key: string) => IndexedValues | undefined;
  /** Entries that lack a value: left out (`skip`, default), or before all that have it. */
  readonly missing?: 'skip' | 'first';
  /**
   * Expected to hold each run of values once. Writes are not refused: `one` and `duplicates` are
   * there to be asked.
   */
  readonly unique?: boolean;
}

/** An entry as an index gives it. */
export interface IndexEntry {
  readonly key: string;
  /** In the order of the fields; `null` also for one that is missing. */
  readonly values: readonly Value[];
}

/** Values that several entries have. */
export interface IndexDuplicate {
  readonly values: readonly Value[];
  /** In key order. */
  readonly keys: readonly string[];
}

/** What an index can be asked. */
// A type, not an interface: those may get more members later and fit no list of queries.
export type IndexQueries = {
  /** Entries in the order of the index, at most `limit` (default 1,000, at most 10,000). */
  readonly range: (state: IndexRows, range?: IndexRange) => IndexEntry[];
  /** How many a range has; `limit` and `after` count nothing. */
  readonly count: (state: IndexRows, range?: IndexRange) => number;
  /** The key of the entry with exactly these values, the first by key where there are several. */
  readonly one: (state: IndexRows, values: Value) => string | undefined;
  /** Values that more than one entry has, in order, at most 1,000. */
  readonly duplicates: (state: IndexRows) => IndexDuplicate[];
};

/** A projection whose queries are those of an index. */
export interface IndexProjection extends AnyProjection {
  readonly queries: IndexQueries;
}

/** Throws `invalid_options`. */
export function defineIndex(definition: IndexDefinition): IndexProjection {
  const { name, version = 1, prefix, missing = 'skip' } = definition;
  const valuesOf = valuesBy(definition);
  const projection: IndexProjection = {
    name,
    version,
    ...(prefix === undefined ? {} : { prefix }),
    initial: (): IndexRows => ({ byKey: new Map(), rows: new SortedRows() }),
    apply: (state: IndexRows, event: ProjectionEvent) => {
      const values =
        event.kind === 'remove' ? undefined : valuesOf(event.value as Value, event.key);
      put(state, event.key, isWhole(values, missing) ? values : undefined);
    },
    queries: {
      range: (state, range) => rowsIn(state, range).map(entryOf),
      count: countIn,
      one: ({ rows }, values) => firstOf(rows, values)?.key,
      duplicates: ({ rows }) => duplicatesIn(rows),
    },
    ofEntries: true,
  };
  checkProjection(projection);
  return projection;
}

function valuesBy(definition: IndexDefinition): NonNullable<IndexDefinition['by']> {
  const { name, fields, by, missing } = definition;
  if ((fields === undefined) === (by === undefined)) {
    throw invalid(`index ${name} needs one of fields and by`);
  }
  if (missing !== undefined && missing !== 'skip' && missing !== 'first') {
    throw invalid(`missing of index ${name} is 'skip' or 'first'`);
  }
  if (by !== undefined) {
    if (typeof by === 'function') return by;
    throw invalid(`by of index ${name} is not a function`);
  }
  const isList = Array.isArray(fields) && fields.length > 0;
  if (!isList || !fields.every((field) => typeof field === 'string')) {
    throw invalid(`fields of index ${name} is a list of paths, with one at least`);
  }
  const paths = fields.map((field) => (field === '' ? [] : field.split('.')));
  return (value) => paths.map((path) => valueAt(value, path));
}

/** The value at a path; `undefined` where there is none. */
function valueAt(value: Value, path: readonly string[]): Value | undefined {
  let at: unknown = value;
  for (const name of path) {
    const isObject = typeof at === 'object' && at !== null && !(at instanceof Uint8Array);
    if (!isObject || !Object.hasOwn(at as object, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at as Value;
}

function isWhole(
  values: IndexedValues | undefined,
  missing: 'skip' | 'first',
): values is IndexedValues {
  if (values === undefined) return false;
  if (!Array.isArray(values)) throw new TypeError('by() returned no list');
  return missing === 'first' || !values.includes(undefined);
}

function put(state: IndexRows, key: string, values: IndexedValues | undefined): void {
  const before = state.byKey.get(key);
  const text = values === undefined ? undefined : sortText(values);
  if (before?.text === text) return;
  if (before !== undefined) {
    state.rows.remove(before);
    state.byKey.delete(key);
  }
  if (values === undefined || text === undefined) return;
  const row = { key, values, text };
  state.rows.add(row);
  state.byKey.set(key, row);
}

function entryOf({ key, values }: IndexRow): IndexEntry {
  return { key, values: values.map((value) => value ?? null) };
}

function firstOf(rows: SortedRows, values: Value): IndexRow | undefined {
  if (!Array.isArray(values)) {
    throw new AdastraError('invalid_argument', 'one takes the list of all values of an entry');
  }
  const text = sortText(values as Value[]);
  const [first] = rows.between(rows.before(text), rows.before(text + BEHIND));
  return first?.text === text ? first : undefined;
}

function duplicatesIn(rows: SortedRows): IndexDuplicate[] {
  const found: { values: readonly Value[]; keys: string[] }[] = [];
  let last: IndexRow | undefined;
  let isMany = false;
  for (const row of rows.between({ leaf: 0, at: 0 }, rows.end)) {
    if (row.text !== last?.text) isMany = false;
    else if (isMany) found.at(-1)?.keys.push(row.key);
    else if (found.length < RANGE_LIMIT) {
      isMany = true;
      found.push({ values: entryOf(row).values, keys: [last.key, row.key] });
    } else break;
    last = row;
  }
  return found;
}

function invalid(message: string): AdastraError {
  return new AdastraError('invalid_options', message, { details: { option: 'projections' } });
}
