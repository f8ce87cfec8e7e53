/**
 * What the node tells as plain JSON and back: entries, commits, history, conflicts, dead letters.
 * They hold values of users in fields of known names; those travel in the form of `jsonOf`, so that
 * dates, big integers and bytes arrive as what they were. Everything else is JSON already.
 */
import { valueOfJson } from '../core/index.ts';

type Json = Record<string, unknown>;

/** Fields that hold a user's value, and fields that hold lists of records with such fields. */
const VALUES: ReadonlySet<string> = new Set(['value', 'current', 'metadata']);
const LISTS: ReadonlySet<string> = new Set(['siblings', 'events', 'keys']);

/** The record of its JSON; throws `invalid_value` where a value is malformed. */
export function recordOfJson(json: unknown): Json {
  return mapRecord(json as Json, (value) => valueOfJson(value));
}

/** The record with each user's value converted; fields that are `undefined` are left out. */
export function mapRecord(record: Json, convert: (value: unknown) => unknown): Json {
  const result: Json = {};
  for (const [name, item] of Object.entries(record)) {
    if (item === undefined) continue;
    if (VALUES.has(name)) result[name] = convert(item);
    else if (LISTS.has(name) && Array.isArray(item)) result[name] = mapList(item, convert);
    else result[name] = item;
  }
  return result;
}

function mapList(list: readonly unknown[], convert: (value: unknown) => unknown): unknown[] {
  return list.map((item) => {
    const isRecord = typeof item === 'object' && item !== null;
    return isRecord ? mapRecord(item as Json, convert) : item;
  });
}
