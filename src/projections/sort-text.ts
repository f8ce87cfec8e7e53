/**
 * The order of values in an index, as texts: comparing two texts by their code units compares the
 * values. By kind first: missing, `null`, `false`, `true`, numbers, big integers, dates, strings,
 * bytes, lists, objects; within a kind by size, time, code point, byte, or item by item, a shorter
 * one before those that it begins. Texts stand by themselves, so a run of them orders lists of
 * values by the first that differ.
 */
import { assert, type Value } from '../core/index.ts';

const KINDS = {
  end: '\u0000',
  missing: '\u0001',
  null: '\u0002',
  false: '\u0003',
  true: '\u0004',
  number: '\u0005',
  negative: '\u0006',
  bigint: '\u0007',
  date: '\u0008',
  text: '\u0009',
  bytes: '\u000a',
  list: '\u000b',
  object: '\u000c',
} as const;

/** Greater than every text that begins with the same run of values. */
export const BEHIND = '\uffff';

const number = new DataView(new ArrayBuffer(8));

/** Values one after the other; `undefined` is a missing one. */
export function sortText(values: readonly (Value | undefined)[]): string {
  let text = '';
  for (const value of values) text += one(value);
  return text;
}

function one(value: Value | undefined): string {
  if (value === undefined) return KINDS.missing;
  if (value === null) return KINDS.null;
  if (typeof value === 'boolean') return value ? KINDS.true : KINDS.false;
  if (typeof value === 'number') return KINDS.number + ofNumber(value);
  if (typeof value === 'bigint') return ofBigint(value);
  if (typeof value === 'string') return KINDS.text + ofText(value);
  if (value instanceof Date) return KINDS.date + ofNumber(value.getTime());
  if (value instanceof Uint8Array) return KINDS.bytes + ofBytes(value);
  if (Array.isArray(value)) return KINDS.list + sortText(value as Value[]) + KINDS.end;
  return KINDS.object + ofObject(value as { readonly [name: string]: Value });
}

/** The bits of a double, turned so that they order as it does: 4 code units. */
function ofNumber(value: number): string {
  // -0 and 0 are one value.
  number.setFloat64(0, value === 0 ? 0 : value);
  const head = number.getUint16(0);
  const turn = head >= 0x8000 ? 0xffff : 0;
  return String.fromCharCode(
    head ^ (turn === 0 ? 0x8000 : turn),
    number.getUint16(2) ^ turn,
    number.getUint16(4) ^ turn,
    number.getUint16(6) ^ turn,
  );
}

/** The count of digits, then the digits; both turned round below zero. */
function ofBigint(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString(16);
  const { length } = digits;
  assert(length < 2 ** 31, 'INV-12: a big integer fits its value');
  if (value >= 0n) return KINDS.bigint + String.fromCharCode(length >>> 16, length) + digits;
  let turned = String.fromCharCode(0xffff - (length >>> 16), 0xffff - (length & 0xffff));
  for (let at = 0; at < length; at++) turned += (15 - Number(`0x${digits[at]}`)).toString(16);
  return KINDS.negative + turned;
}

const NUL = /\u0000/g;
const PLAIN = /^[\u0001-\ud7ff]*$/;

/** Code units moved so that they order by code point; ended by the least there is. */
function ofText(text: string): string {
  if (PLAIN.test(text)) return text + KINDS.end;
  let moved = '';
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0xd800) moved += text[at];
    else moved += String.fromCharCode(unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
  }
  return moved.replaceAll(NUL, '\u0000\uffff') + KINDS.end;
}

function ofBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte + 1);
  return text + KINDS.end;
}

/** By name and value, in the canonical order in which values have their names. */
function ofObject(value: { readonly [name: string]: Value }): string {
  let text = '';
  for (const [name, item] of Object.entries(value)) text += one(name) + one(item);
  return text + KINDS.end;
}
