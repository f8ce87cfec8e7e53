/**
 * Bytes of one row into JSON, strictly: what is not UTF-8 or not JSON is refused with its line.
 */
import { faultWords } from '../json-position.ts';
import { badRow } from './import-fault.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a row. */
export function rowText(bytes: Buffer, line: number): string {
  const text = bytes.toString('utf8');
  // The quick decoder puts U+FFFD for what is not UTF-8; only then the strict one has to decide.
  if (!text.includes('\ufffd')) return text;
  try {
    return strict.decode(bytes);
  } catch (cause) {
    throw badRow(line, 'not UTF-8 text', cause);
  }
}

/** The JSON of a row. */
export function rowJson(bytes: Buffer, line: number): unknown {
  const text = rowText(bytes, line);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw badRow(line, `malformed JSON, ${faultWords(text)}`, cause);
  }
}

/** How many bytes at the beginning of a file are a byte order mark. */
export function markLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
