/**
 * NDJSON: one JSON text a line. Empty lines are passed over, `\r\n` is taken too, the last line may
 * lack its end.
 */
import { badRow } from './import-fault.ts';
import { type Row, ROW_BYTES_MAX, type RowSplitter } from './row.ts';
import { markLength, rowJson } from './row-text.ts';

const NEWLINE = 0x0a;
const EMPTY: Buffer = Buffer.alloc(0);

/** Splits at line ends; keeps at most one unfinished line. */
export class NdjsonSplitter implements RowSplitter {
  #rest = EMPTY;
  #line = 1;
  #isFirst = true;

  push(block: Uint8Array): Row[] {
    const rows: Row[] = [];
    const bytes = this.#rest.length === 0 ? Buffer.from(block) : Buffer.concat([this.#rest, block]);
    let start = 0;
    let from = this.#rest.length;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, from);
      if (end === -1) break;
      this.#take(bytes.subarray(start, end), rows);
      start = end + 1;
      from = start;
    }
    this.#rest = bytes.subarray(start);
    if (this.#rest.length > ROW_BYTES_MAX) throw badRow(this.#line, 'the line is over 8 MiB long');
    return rows;
  }

  end(): Row[] {
    const rows: Row[] = [];
    this.#take(this.#rest, rows);
    this.#rest = EMPTY;
    return rows;
  }

  #take(line: Buffer, rows: Row[]): void {
    const number = this.#line;
    this.#line += 1;
    const content = this.#isFirst ? line.subarray(markLength(line)) : line;
    this.#isFirst = false;
    if (isBlank(content)) return;
    rows.push({ line: number, json: rowJson(content, number), bytes: content.length });
  }
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  return true;
}
