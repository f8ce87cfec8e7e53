/**
 * What a key can hold. A value is data only: it has no identity, no class and no behaviour, so that
 * the same bytes mean the same value on every node. `value-codec.ts` turns values into bytes and
 * refuses everything that is not described here; `value-json.ts` shows them as plain JSON.
 */

/** A value that JSON can say as it is. Numbers are finite; `-0` is stored as `0`. */
export type JsonValue = null | boolean | number | string | JsonArray | JsonObject;

/** A list without holes. */
export type JsonArray = readonly JsonValue[];

/** A plain object; a property that is `undefined` is left out. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** Everything that a key can hold: JSON, bytes, dates and big integers, nested at will. */
export type Value =
  | null
  | boolean
  | number
  | string
  | bigint
  | Date
  | Uint8Array
  | ValueArray
  | ValueObject;

/** A list without holes. */
export type ValueArray = readonly Value[];

/** A plain object; a property that is `undefined` is left out. */
export interface ValueObject {
  readonly [key: string]: Value | undefined;
}
