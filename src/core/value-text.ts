/**
 * Strings and numbers as canonical JSON, written straight into a `ByteWriter`: the text is exactly
 * what `JSON.stringify` gives, as UTF-8. Short plain ASCII is copied unit by unit, which is quicker
 * than any native call; the rest goes through a scan and one native write.
 */
import type { ByteWriter } from './byte-writer.ts';
import { isWellFormed } from './text.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const SHORT_LENGTH_MAX = 48;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON escapes
const NEEDS_CARE = /[\u0000-\u001f"\\\ud800-\udfff]/;

/** Writes `text` with its quotes; `false` (nothing written) if it has a lone surrogate. */
export function writeJsonString(writer: ByteWriter, text: string): boolean {
  const length = text.length;
  if (length > SHORT_LENGTH_MAX) return writeLongString(writer, text);
  writer.ensure(length + 2);
  const { buffer } = writer;
  let at = writer.length;
  buffer[at++] = QUOTE;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7f || code === QUOTE || code === BACKSLASH) {
      return writeLongString(writer, text);
    }
    buffer[at++] = code;
  }
  buffer[at++] = QUOTE;
  writer.length = at;
  return true;
}

function writeLongString(writer: ByteWriter, text: string): boolean {
  if (NEEDS_CARE.test(text)) {
    if (!isWellFormed(text)) return false;
    writer.text(JSON.stringify(text));
    return true;
  }
  writer.u8(QUOTE);
  writer.text(text);
  writer.u8(QUOTE);
  return true;
}

/** Writes a finite number as JavaScript prints it; `-0` as `0`. */
export function writeJsonNumber(writer: ByteWriter, value: number): void {
  if ((value | 0) === value && value >= 0) {
    writeDigits(writer, value | 0);
    return;
  }
  writeAscii(writer, String(value));
}

function writeDigits(writer: ByteWriter, value: number): void {
  writer.ensure(10);
  const { buffer } = writer;
  let count = 1;
  for (let rest = value; rest > 9; rest = (rest / 10) | 0) count++;
  let at = writer.length + count;
  writer.length = at;
  let rest = value;
  do {
    const tens = (rest / 10) | 0;
    buffer[--at] = ZERO + rest - tens * 10;
    rest = tens;
  } while (rest > 0);
}

/** Writes text that is known to be ASCII, as it is. */
export function writeAscii(writer: ByteWriter, text: string): void {
  const { length } = text;
  writer.ensure(length);
  const { buffer } = writer;
  const start = writer.length;
  for (let index = 0; index < length; index++) buffer[start + index] = text.charCodeAt(index);
  writer.length = start + length;
}
