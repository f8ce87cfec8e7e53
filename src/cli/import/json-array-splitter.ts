/**
 * One JSON array as a file, cut into its elements as the bytes come, so that the file may be larger
 * than memory. Only brackets, quotes and commas are looked at here; each element is then parsed as
 * JSON text of its own. All of those are ASCII, so bytes are enough.
 */
import { badRow } from './import-fault.ts';
import { type Row, ROW_BYTES_MAX, type RowSplitter } from './row.ts';
import { markLength, rowJson } from './row-text.ts';

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const EMPTY: Buffer = Buffer.alloc(0);

type Place = 'before' | 'first' | 'next' | 'inside' | 'after';

/** Splits at the commas of the outermost array; keeps at most one unfinished element. */
export class JsonArraySplitter implements RowSplitter {
  #place: Place = 'before';
  #bytes = EMPTY;
  /** Where the element being read begins in `#bytes`; −1 outside of one. */
  #start = -1;
  #startLine = 1;
  #line = 1;
  #depth = 0;
  #inText = false;
  #isEscaped = false;
  #isFirst = true;

  push(block: Uint8Array): Row[] {
    const rows: Row[] = [];
    const kept = this.#start === -1 ? EMPTY : this.#bytes.subarray(this.#start);
    if (kept.length > ROW_BYTES_MAX)
      throw badRow(this.#startLine, 'the element is over 8 MiB long');
    this.#bytes = kept.length === 0 ? Buffer.from(block) : Buffer.concat([kept, block]);
    if (this.#start !== -1) this.#start = 0;
    let at = kept.length;
    if (this.#isFirst) at += markLength(this.#bytes);
    this.#isFirst = false;
    for (; at < this.#bytes.length; at++) {
      const byte = this.#bytes[at] as number;
      if (byte === NEWLINE) this.#line += 1;
      if (this.#place === 'inside') this.#inside(byte, at, rows);
      else this.#between(byte, at);
    }
    return rows;
  }

  end(): Row[] {
    if (this.#place === 'before') throw badRow(this.#line, 'the file holds no JSON array');
    if (this.#place !== 'after') throw badRow(this.#line, 'the file ends inside the array');
    return [];
  }

  #inside(byte: number, at: number, rows: Row[]): void {
    if (this.#inText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#inText = false;
      return;
    }
    if (byte === QUOTE) this.#inText = true;
    else if (byte === 0x5b || byte === 0x7b) this.#depth += 1;
    else if (this.#depth > 0) {
      if (byte === 0x5d || byte === 0x7d) this.#depth -= 1;
    } else if (byte === COMMA || byte === 0x5d) {
      const element = this.#bytes.subarray(this.#start, at);
      rows.push({
        line: this.#startLine,
        json: rowJson(element, this.#startLine),
        bytes: element.length,
      });
      this.#start = -1;
      this.#place = byte === COMMA ? 'next' : 'after';
    }
  }

  #between(byte: number, at: number): void {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === NEWLINE) return;
    const character = JSON.stringify(String.fromCharCode(byte));
    if (this.#place === 'before') {
      if (byte !== 0x5b) throw badRow(this.#line, `a JSON array begins with "[", not ${character}`);
      this.#place = 'first';
    } else if (this.#place === 'first' && byte === 0x5d) this.#place = 'after';
    else if (this.#place === 'after') {
      throw badRow(this.#line, `${character} behind the end of the array`);
    } else if (byte === COMMA || byte === 0x5d || byte === 0x7d) {
      throw badRow(this.#line, `${character} where an element was due`);
    } else this.#begin(byte, at);
  }

  #begin(byte: number, at: number): void {
    this.#place = 'inside';
    this.#start = at;
    this.#startLine = this.#line;
    this.#depth = byte === 0x5b || byte === 0x7b ? 1 : 0;
    this.#inText = byte === QUOTE;
    this.#isEscaped = false;
  }
}
