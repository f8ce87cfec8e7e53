/**
 * Reads short canonical JSON text in ASCII about one and a half times as quickly as `JSON.parse`: one
 * string is made of the text and the strings of the value are cut out of it, keys come from shapes
 * seen before, and numbers of up to 15 digits are computed here. Gives exactly what `JSON.parse` gives
 * (same values, same order of keys), or `undefined` where it does not want the text: then the caller
 * parses. Trusts its bytes: they are an own record, checked when it came in.
 */
import { type JsonShape, JsonShapes } from './json-shapes.ts';
import { readUtf8 } from './text.ts';
import type { Value } from './value.ts';

/** Longer texts are quicker, or as quick, with `JSON.parse`. */
export const READ_BYTES_MAX = 512;
const DEPTH_MAX = 16;
/** Numbers below 10^15 and powers of ten up to there are exact, so one division rounds once. */
const EXACT_DIGITS_MAX = 15;
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
/** Below this V8 copies a part of a string; from here on the part keeps the whole alive. */
const PART_LENGTH_MIN = 13;

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_E = 0x45;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const LOWER_E = 0x65;
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

type Fields = Record<string, Value>;

const shapes = new JsonShapes();
/** Items of the lists that are open; every one took two bytes of text or more. */
const items: Value[] = new Array<Value>(READ_BYTES_MAX).fill(null);
let itemCount = 0;
/** The text being read: its place in the source, and as a string once a string is needed. */
let textStart = 0;
let textEnd = 0;
let text = '';
/** Where the last value read ended. */
let next = 0;

/** The value of the ASCII text from `start` to `end`, or `undefined`: use `JSON.parse`. */
export function readJson(source: Uint8Array, start: number, end: number): Value | undefined {
  if (end - start > READ_BYTES_MAX) return undefined;
  const first = source[start];
  textStart = start;
  textEnd = end;
  text = '';
  itemCount = 0;
  let value: Value | undefined;
  if (first === OPEN_OBJECT) value = readObject(source, start + 1, 1);
  else if (first === OPEN_LIST) value = readList(source, start + 1, 1);
  else if (first === QUOTE) value = readString(source, start + 1);
  return next === end ? value : undefined;
}

function readAny(source: Uint8Array, at: number, depth: number): Value | undefined {
  const byte = source[at];
  if (byte === QUOTE) return readString(source, at + 1);
  if (byte === OPEN_OBJECT)
    return depth < DEPTH_MAX ? readObject(source, at + 1, depth + 1) : undefined;
  if (byte === OPEN_LIST)
    return depth < DEPTH_MAX ? readList(source, at + 1, depth + 1) : undefined;
  if (byte === LOWER_T) {
    next = at + 4;
    return true;
  }
  if (byte === LOWER_F) {
    next = at + 5;
    return false;
  }
  if (byte === LOWER_N) {
    next = at + 4;
    return null;
  }
  return readNumber(source, at);
}

function readObject(source: Uint8Array, start: number, depth: number): Value | undefined {
  const object: Fields = {};
  let at = start;
  if (source[at] === CLOSE_OBJECT) {
    next = at + 1;
    return object;
  }
  let shape = shapes.root;
  for (;;) {
    let step: JsonShape | undefined = shape.likely;
    if (step === undefined || !step.isAt(source, at)) {
      step = shapes.step(shape, source, at, textEnd);
      if (step === undefined) return undefined;
    }
    const value = readAny(source, at + step.label.length, depth);
    if (value === undefined) return undefined;
    setField(object, step, value);
    shape = step;
    at = next;
    if (source[at] !== COMMA) break;
    at++;
  }
  if (source[at] !== CLOSE_OBJECT) return undefined;
  next = at + 1;
  return object;
}

/** One store for each of the first places: V8 keeps what it learned about a key by place in the code. */
function setField(object: Fields, step: JsonShape, value: Value): void {
  const { key, index } = step;
  if (index === 0) object[key] = value;
  else if (index === 1) object[key] = value;
  else if (index === 2) object[key] = value;
  else if (index === 3) object[key] = value;
  else if (index === 4) object[key] = value;
  else if (index === 5) object[key] = value;
  else if (index === 6) object[key] = value;
  else if (index === 7) object[key] = value;
  else object[key] = value;
}

function readList(source: Uint8Array, start: number, depth: number): Value | undefined {
  let at = start;
  if (source[at] === CLOSE_LIST) {
    next = at + 1;
    return [];
  }
  const from = itemCount;
  for (;;) {
    const value = readAny(source, at, depth);
    if (value === undefined) return undefined;
    items[itemCount++] = value;
    at = next;
    if (source[at] !== COMMA) break;
    at++;
  }
  if (source[at] !== CLOSE_LIST) return undefined;
  next = at + 1;
  return takeItems(from);
}

/** The items from `from` on as a list of exactly their number. */
function takeItems(from: number): Value[] {
  const end = itemCount;
  itemCount = from;
  if (end - from === 1) return [items[from] as Value];
  if (end - from === 2) return [items[from] as Value, items[from + 1] as Value];
  if (end - from === 3) {
    return [items[from] as Value, items[from + 1] as Value, items[from + 2] as Value];
  }
  return items.slice(from, end);
}

function readString(source: Uint8Array, start: number): Value | undefined {
  let end = start;
  let byte = source[end];
  while (byte !== QUOTE && byte !== BACKSLASH && end < textEnd) byte = source[++end];
  if (byte !== QUOTE) return byte === BACKSLASH ? readEscaped(source, start, end) : undefined;
  next = end + 1;
  const length = end - start;
  // A part may keep up to four times its own length alive, not more.
  if (length >= PART_LENGTH_MIN && length * 4 < textEnd - textStart) {
    return readUtf8(source, start, end, true);
  }
  return part(source, start, end);
}

function readEscaped(source: Uint8Array, start: number, escape: number): Value | undefined {
  let end = escape;
  while (end < textEnd && source[end] !== QUOTE) end += source[end] === BACKSLASH ? 2 : 1;
  if (end >= textEnd) return undefined;
  next = end + 1;
  return JSON.parse(part(source, start - 1, end + 1)) as string;
}

function readNumber(source: Uint8Array, start: number): Value | undefined {
  const negative = source[start] === MINUS;
  let at = negative ? start + 1 : start;
  let digits = -at;
  let number = 0;
  let byte = source[at] as number;
  for (; byte >= ZERO && byte <= NINE; byte = source[++at] as number) {
    number = number * 10 + (byte - ZERO);
  }
  digits += at;
  if (digits === 0) return undefined;
  if (byte === DOT) {
    const point = at++;
    for (byte = source[at] as number; byte >= ZERO && byte <= NINE; byte = source[++at] as number) {
      number = number * 10 + (byte - ZERO);
    }
    const decimals = at - point - 1;
    digits += decimals;
    if (digits <= EXACT_DIGITS_MAX) number /= POWERS[decimals] as number;
  }
  if (digits > EXACT_DIGITS_MAX || byte === LOWER_E || byte === UPPER_E) {
    return readLongNumber(source, start, at);
  }
  next = at;
  return negative ? -number : number;
}

/** A number with an exponent, or more digits than are exact here. */
function readLongNumber(source: Uint8Array, start: number, from: number): number {
  let end = from;
  for (let byte = source[end] as number; isExponent(byte); byte = source[++end] as number);
  next = end;
  return Number(part(source, start, end));
}

function isExponent(byte: number): boolean {
  if (byte >= ZERO && byte <= NINE) return true;
  return byte === LOWER_E || byte === UPPER_E || byte === PLUS || byte === MINUS;
}

/** A part of the text as a string. */
function part(source: Uint8Array, start: number, end: number): string {
  if (text === '') text = readUtf8(source, textStart, textEnd, true);
  return text.substring(start - textStart, end - textStart);
}
