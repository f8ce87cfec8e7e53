/**
 * What the node tells as plain JSON, with users' values in the form of `jsonOf`. The way back and
 * the names of the fields are those of remote/record-json.ts.
 */
import { jsonOf, type Value } from '../core/index.ts';
import { mapRecord } from '../remote/index.ts';

/** A record of the node as JSON; fields that are `undefined` are left out. */
export function recordJson(record: object): Record<string, unknown> {
  return mapRecord(record as Record<string, unknown>, (value) => jsonOf(value as Value));
}
