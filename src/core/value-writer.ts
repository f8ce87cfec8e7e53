/**
 * Walks a value once: checks it, and writes it as canonical JSON text while it goes. Canonical
 * means that each value has one text: no spaces, keys in code point order (= the order of their
 * UTF-8 bytes), `undefined` properties left out, numbers and strings as `JSON.stringify` writes
 * them, and a tag for what JSON has no word for (`$date`, `$bigint`, `$bytes`; `$object` around a
 * user object whose only key could be taken for a tag). Recursion is bounded by the depth limit;
 * each property is read once.
 */
import { encodeBase64 } from './base64.ts';
import type { ByteWriter } from './byte-writer.ts';
import { compareKeys } from './key.ts';
import { invalidValue, pathOf, unfitReason, valueTooDeep, valueTooLarge } from './value-fault.ts';
import { writeAscii, writeJsonNumber, writeJsonString } from './value-text.ts';

/** How large one value may be. */
export interface ValueLimits {
  /** Bytes as encoded. */
  readonly valueBytesMax: number;
  /** Containers (lists and objects) inside each other; a bare string has 0, `[]` has 1. */
  readonly depthMax: number;
}

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const DOLLAR = 0x24;
const OBJECT_TAG = '{"$object":';
const INSERTION_SORT_MAX = 16;

/** One walk at a time; made once and used again. */
export class ValueWriter {
  /** Whether the last value needed a tag. */
  tagged = false;
  #writer!: ByteWriter;
  #start = 0;
  #end = 0;
  #limits!: ValueLimits;
  #root: unknown;
  readonly #trail: (string | number)[] = [];

  /** Appends the text of `value`; throws and leaves what it wrote to the caller to take back. */
  write(writer: ByteWriter, value: unknown, limits: ValueLimits): void {
    this.tagged = false;
    this.#writer = writer;
    this.#start = writer.length;
    this.#end = writer.length + limits.valueBytesMax;
    this.#limits = limits;
    this.#root = value;
    this.#any(value, 0);
    if (writer.length > this.#end) this.#tooLarge(0);
    this.#root = undefined;
  }

  /** Forgets the value of a walk that failed. */
  clear(): void {
    this.#root = undefined;
  }

  #any(value: unknown, depth: number): void {
    if (this.#writer.length > this.#end) this.#tooLarge(0);
    if (typeof value === 'string') this.#string(value, depth);
    else if (typeof value === 'number') this.#number(value, depth);
    else if (typeof value === 'object') this.#object(value, depth);
    else if (typeof value === 'boolean') writeAscii(this.#writer, value ? 'true' : 'false');
    else if (typeof value === 'bigint') this.#tag('{"$bigint":"', value.toString());
    else this.#refuse(value, depth);
  }

  #string(value: string, depth: number): void {
    // A unit takes at least a byte: a huge string is refused before memory is made for it.
    if (this.#writer.length + value.length > this.#end) this.#tooLarge(value.length + 2);
    if (!writeJsonString(this.#writer, value)) this.#refuse(value, depth);
  }

  #number(value: number, depth: number): void {
    if (value - value !== 0) this.#refuse(value, depth);
    writeJsonNumber(this.#writer, value);
  }

  #object(value: object | null, depth: number): void {
    if (value === null) {
      writeAscii(this.#writer, 'null');
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) this.#plain(value as Plain, depth);
    else if (prototype === Array.prototype && Array.isArray(value)) this.#list(value, depth);
    else if (ArrayBuffer.isView(value) && value instanceof Uint8Array) this.#bytes(value);
    else if (prototype === Date.prototype) this.#date(value as Date, depth);
    else this.#refuse(value, depth);
  }

  #list(items: readonly unknown[], depth: number): void {
    this.#enter(depth);
    const writer = this.#writer;
    writer.u8(OPEN_LIST);
    for (let index = 0; index < items.length; index++) {
      if (index > 0) writer.u8(COMMA);
      this.#trail[depth] = index;
      this.#any(items[index], depth + 1);
    }
    writer.u8(CLOSE_LIST);
  }

  #plain(object: Plain, depth: number): void {
    this.#enter(depth);
    const writer = this.#writer;
    const start = writer.length;
    const keys = Object.keys(object);
    if (!inOrder(keys)) sortKeys(keys);
    let written = 0;
    let last = '';
    writer.u8(OPEN_OBJECT);
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as string;
      const item = object[key];
      if (item === undefined) continue;
      if (written++ > 0) writer.u8(COMMA);
      this.#trail[depth] = key;
      this.#key(key, depth);
      this.#any(item, depth + 1);
      last = key;
    }
    writer.u8(CLOSE_OBJECT);
    if (written === 1 && last.charCodeAt(0) === DOLLAR) this.#wrap(start);
  }

  #key(key: string, depth: number): void {
    const writer = this.#writer;
    if (writer.length + key.length > this.#end) this.#tooLarge(key.length + 2);
    if (key === '__proto__')
      throw invalidValue(pathOf(this.#trail, depth + 1), 'has the key __proto__');
    if (!writeJsonString(writer, key)) {
      throw invalidValue(pathOf(this.#trail, depth + 1), 'has a lone surrogate in its key');
    }
    writer.u8(COLON);
  }

  /** Puts the object written since `start` inside `{"$object":…}`. */
  #wrap(start: number): void {
    const writer = this.#writer;
    const end = writer.length;
    writer.ensure(OBJECT_TAG.length + 1);
    writer.buffer.copyWithin(start + OBJECT_TAG.length, start, end);
    writer.length = start;
    writeAscii(writer, OBJECT_TAG);
    writer.length = end + OBJECT_TAG.length;
    writer.u8(CLOSE_OBJECT);
    this.tagged = true;
  }

  #bytes(value: Uint8Array): void {
    if (this.#writer.length + value.length > this.#end) this.#tooLarge(value.length);
    this.#tag('{"$bytes":"', encodeBase64(value));
  }

  #date(value: Date, depth: number): void {
    let text: string;
    try {
      text = Date.prototype.toISOString.call(value);
    } catch {
      throw invalidValue(pathOf(this.#trail, depth), 'is an invalid date');
    }
    this.#tag('{"$date":"', text);
  }

  #tag(opening: string, text: string): void {
    this.tagged = true;
    writeAscii(this.#writer, opening);
    writeAscii(this.#writer, text);
    writeAscii(this.#writer, '"}');
  }

  #enter(depth: number): void {
    const { depthMax } = this.#limits;
    if (depth < depthMax) return;
    throw valueTooDeep(this.#root, pathOf(this.#trail, depth), depthMax, depth + 1);
  }

  #tooLarge(more: number): never {
    throw valueTooLarge(this.#limits.valueBytesMax, this.#writer.length - this.#start + more);
  }

  #refuse(value: unknown, depth: number): never {
    throw invalidValue(pathOf(this.#trail, depth), unfitReason(value));
  }
}

type Plain = Readonly<Record<string, unknown>>;

function inOrder(keys: readonly string[]): boolean {
  for (let index = 1; index < keys.length; index++) {
    if (compareKeys(keys[index - 1] as string, keys[index] as string) > 0) return false;
  }
  return true;
}

function sortKeys(keys: string[]): void {
  if (keys.length > INSERTION_SORT_MAX) {
    keys.sort(compareKeys);
    return;
  }
  for (let index = 1; index < keys.length; index++) {
    const key = keys[index] as string;
    let at = index;
    for (; at > 0 && compareKeys(keys[at - 1] as string, key) > 0; at--)
      keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
}
