/**
 * Reads short canonical JSON text in ASCII about one and a half times as quickly as `JSON.parse`:
 * one string is made of the text and the strings of the value are cut out of it, keys come from
 * shapes seen before, and numbers of up to 15 digits are computed here. Gives exactly what
 * `JSON.parse` gives, same values and same order of keys; a text that it does not want (long
 * strings with escapes, too many shapes) goes there, and while such texts come, most are not even
 * tried.
 * Trusts its bytes: they are an own record, checked when it came in.
 */
import { type JsonShape, JsonShapes } from './json-shapes.ts';
import { readUtf8 } from './text.ts';
import type { Value } from './value.ts';

/** Longer texts are quicker, or as quick, with `JSON.parse`. */
export const READ_BYTES_MAX = 1024;
const DEPTH_MAX = 16;
/** Numbers below 10^15 and powers of ten up to there are exact, so one division rounds once. */
const EXACT_DIGITS_MAX = 15;
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
/** Below this V8 copies a part of a string; from here on the part keeps the whole alive. */
const PART_LENGTH_MIN = 13;
/** Longer strings are looked through by the native search. */
const LOOKED_OVER = 48;
/** Of `escapes`: not looked for yet, and not found. */
const UNKNOWN = -2;
const NONE = -1;
const PENALTY_MAX = 31;

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
/** Where its first backslash is. */
let escapes: number = UNKNOWN;
/**
 * Texts still to leave to `JSON.parse` because some were not wanted, and how many the next time.
 */
let passes = 0;
let penalty = 0;
/** Where the last value read ended. */
let next = 0;

/** The value of the ASCII JSON text from `start` to `end`, read here or by `JSON.parse`. */
export function parseJson(source: Uint8Array, start: number, end: number): Value {
  if (end - start > READ_BYTES_MAX || passes > 0) {
    if (passes > 0) passes--;
    return JSON.parse(readUtf8(source, start, end, true)) as Value;
  }
  const value = readJson(source, start, end);
  if (value !== undefined) {
    penalty = 0;
    return value;
  }
  penalty = Math.min(2 * penalty + 1, PENALTY_MAX);
  passes = penalty;
  return JSON.parse(wholeText(source)) as Value;
}

/** The same for at most `READ_BYTES_MAX` bytes, or `undefined`: use `JSON.parse`. */
export function readJson(source: Uint8Array, start: number, end: number): Value | undefined {
  const first = source[start];
  textStart = start;
  textEnd = end;
  text = '';
  escapes = UNKNOWN;
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

/**
 * One store for each of the first places: V8 keeps what it learned about a key by place in the
 * code.
 */
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
  const soon = start + LOOKED_OVER;
  let end = start;
  let byte = source[end];
  while (byte !== QUOTE && byte !== BACKSLASH && end < soon) byte = source[++end];
  if (byte === BACKSLASH) return readEscaped(source, start, end);
  if (byte !== QUOTE) return readLongString(source, start, end);
  next = end + 1;
  return part(source, start, end);
}

/** A string that the native search finds the end of more quickly. */
function readLongString(source: Uint8Array, start: number, from: number): Value | undefined {
  if (from >= textEnd) return undefined;
  wholeText(source);
  if (escapes === UNKNOWN) escapes = text.indexOf('\\');
  if (escapes !== NONE) return undefined;
  const end = text.indexOf('"', from - textStart);
  if (end < 0) return undefined;
  next = textStart + end + 1;
  return part(source, start, next - 1);
}

/** A string with an escape, if it is short: native code reads it. */
function readEscaped(source: Uint8Array, start: number, escape: number): Value | undefined {
  const limit = Math.min(textEnd, start + 2 * LOOKED_OVER);
  let end = escape;
  while (end < limit && source[end] !== QUOTE) end += source[end] === BACKSLASH ? 2 : 1;
  if (end >= limit) return undefined;
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

function wholeText(source: Uint8Array): string {
  if (text === '') text = readUtf8(source, textStart, textEnd, true);
  return text;
}

/** A part of the text as a string; one that keeps all of it alive is a fourth of it or more. */
function part(source: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length >= PART_LENGTH_MIN && length * 4 < textEnd - textStart) {
    return readUtf8(source, start, end, true);
  }
  return wholeText(source).substring(start - textStart, end - textStart);
}
