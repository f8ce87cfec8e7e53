/**
 * Values as plain JSON and back, for every JSON surface (CLI, HTTP, export, journal) and for stored
 * text with tags: `{"$date": ISO}`, `{"$bigint": "…"}`, `{"$bytes": base64}`, and `{"$object": …}`
 * around a user object whose only key begins with `$`. The inverse is strict: what `jsonOf` would
 * not have given is `invalid_value` with its path. Plain numbers and strings are left to the
 * codec's check.
 */
import { decodeBase64, encodeBase64 } from './base64.ts';
import { AdastraError } from './errors.ts';
import type { Value } from './value.ts';
import { invalidValue, pathOf, unfitReason } from './value-fault.ts';

/** Deeper than any value can be, and shallow enough for every stack. */
const JSON_DEPTH_MAX = 2100;
const BIGINT = /^(?:0|-?[1-9][0-9]*)$/;

type Json = Record<string, unknown>;

/**
 * `value` in a form that any `JSON.stringify` writes in full; an own copy, keys in the same order.
 */
export function jsonOf(value: Value): unknown {
  return new JsonForm('$').from(value, 0);
}

/** The value that `json` (what `JSON.parse` gave) stands for; `path` names the root in errors. */
export function valueOfJson(json: unknown, path = '$'): Value {
  return new JsonForm(path).parse(json, 0) as Value;
}

class JsonForm {
  readonly #root: string;
  readonly #trail: (string | number)[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  from(value: unknown, depth: number): unknown {
    if (typeof value === 'bigint') return { $bigint: value.toString() };
    if (typeof value !== 'object' || value === null) return this.#primitive(value, depth);
    if (Array.isArray(value)) return this.#fromList(value, depth);
    if (value instanceof Uint8Array) return { $bytes: encodeBase64(value) };
    if (value instanceof Date) return this.#fromDate(value, depth);
    return this.#fromObject(value as Json, depth);
  }

  #fromList(value: readonly unknown[], depth: number): unknown[] {
    this.#enter(depth);
    const list: unknown[] = [];
    for (let index = 0; index < value.length; index++) {
      this.#trail[depth] = index;
      list.push(this.from(value[index], depth + 1));
    }
    return list;
  }

  #fromDate(value: Date, depth: number): unknown {
    if (Number.isNaN(value.getTime())) throw this.#fault(depth, 'is an invalid date');
    return { $date: value.toISOString() };
  }

  #fromObject(value: Json, depth: number): unknown {
    this.#plainOnly(value, depth);
    this.#enter(depth);
    const object: Json = {};
    for (const key of Object.keys(value)) {
      if (value[key] === undefined) continue;
      this.#name(key, depth);
      object[key] = this.from(value[key], depth + 1);
    }
    return tagOf(object) === undefined ? object : { $object: object };
  }

  parse(json: unknown, depth: number): unknown {
    if (typeof json !== 'object' || json === null) {
      if (typeof json === 'bigint') throw this.#fault(depth, 'is a bigint, not JSON');
      return this.#primitive(json, depth);
    }
    if (Array.isArray(json)) return this.#parseList(json, depth);
    this.#plainOnly(json, depth);
    const tag = tagOf(json as Json);
    return tag === undefined
      ? this.#parseObject(json as Json, depth)
      : this.#parseTag(tag, json as Json, depth);
  }

  #parseList(json: readonly unknown[], depth: number): unknown[] {
    this.#enter(depth);
    const list: unknown[] = [];
    for (let index = 0; index < json.length; index++) {
      this.#trail[depth] = index;
      list.push(this.parse(json[index], depth + 1));
    }
    return list;
  }

  #parseObject(json: Json, depth: number): unknown {
    this.#enter(depth);
    const object: Json = {};
    for (const key of Object.keys(json)) {
      this.#name(key, depth);
      object[key] = this.parse(json[key], depth + 1);
    }
    return object;
  }

  #parseTag(tag: string, json: Json, depth: number): unknown {
    const content = json[tag];
    if (tag === '$object') return this.#parseWrapped(content, depth);
    if (typeof content === 'string') {
      if (tag === '$date') return this.#parseDate(content, depth);
      if (tag === '$bigint' && BIGINT.test(content)) return BigInt(content);
      const bytes = tag === '$bytes' ? decodeBase64(content) : undefined;
      if (bytes !== undefined) return bytes;
    }
    const known = tag === '$date' || tag === '$bigint' || tag === '$bytes';
    throw this.#fault(
      depth,
      known ? `has a malformed ${tag}` : `has the unknown tag ${JSON.stringify(tag)}`,
    );
  }

  #parseDate(text: string, depth: number): Date {
    const date = new Date(text);
    if (!Number.isNaN(date.getTime()) && date.toISOString() === text) return date;
    throw this.#fault(depth, 'has a malformed $date');
  }

  #parseWrapped(content: unknown, depth: number): unknown {
    if (typeof content !== 'object' || content === null || tagOf(content as Json) === undefined) {
      throw this.#fault(depth, 'has an $object around what needs none');
    }
    this.#plainOnly(content, depth);
    return this.#parseObject(content as Json, depth);
  }

  #primitive(value: unknown, depth: number): unknown {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.#fault(depth, unfitReason(value));
  }

  #plainOnly(value: object, depth: number): void {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null)
      throw this.#fault(depth, unfitReason(value));
  }

  #name(key: string, depth: number): void {
    this.#trail[depth] = key;
    if (key === '__proto__') throw this.#fault(depth + 1, 'has the key __proto__');
  }

  #enter(depth: number): void {
    if (depth < JSON_DEPTH_MAX) return;
    throw new AdastraError(
      'limit_exceeded',
      `the value is nested more than ${JSON_DEPTH_MAX} deep`,
      {
        details: { limitName: 'depthMax', limit: JSON_DEPTH_MAX, actual: depth + 1 },
      },
    );
  }

  #fault(depth: number, what: string): AdastraError {
    return invalidValue(this.#root + pathOf(this.#trail, depth).slice(1), what);
  }
}

/** The only key of an object, if it has just one and that begins with `$`. */
function tagOf(object: Json): string | undefined {
  let only: string | undefined;
  for (const key in object) {
    if (!Object.hasOwn(object, key)) continue;
    if (only !== undefined || key.charCodeAt(0) !== 0x24) return undefined;
    only = key;
  }
  return only;
}
