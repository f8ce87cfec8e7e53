/**
 * CSV with a header line (RFC 4180): each record becomes an object of strings. Records of another
 * length than the header, a quote in the wrong place and a repeated column are refused with their
 * line.
 */
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { badRow } from './import-fault.ts';
import { type Row, ROW_BYTES_MAX } from './row.ts';

const ROWS_AT_ONCE = 256;

interface CsvRecord {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
  readonly raw: string;
}

/** The records of a stream of bytes, in groups. */
export async function* csvRows(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Row[]> {
  const parser = parse({
    columns: checkHeader,
    info: true,
    raw: true,
    bom: true,
    skip_empty_lines: true,
    max_record_size: ROW_BYTES_MAX,
  });
  pipeline(strictUtf8(blocks), parser, () => {});
  let rows: Row[] = [];
  try {
    for await (const { record, info, raw } of parser as AsyncIterable<CsvRecord>) {
      rows.push({ line: firstLine(info.lines, raw), json: record, bytes: raw.length });
      if (rows.length === ROWS_AT_ONCE) {
        yield rows;
        rows = [];
      }
    }
  } catch (error) {
    if (rows.length > 0) yield rows;
    throw csvFault(error);
  }
  yield rows;
}

/** csv-parse counts lines at the end of a record; a quoted field may hold several. */
function firstLine(lastLine: number, raw: string): number {
  let line = lastLine;
  const text = raw.replace(/\r?\n$/, '');
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) line -= 1;
  return line;
}

function checkHeader(header: string[]): string[] {
  const seen = new Set<string>();
  for (const name of header) {
    if (name === '') throw badRow(1, 'a column of the header has no name');
    if (seen.has(name)) throw badRow(1, `the column ${JSON.stringify(name)} stands there twice`);
    seen.add(name);
  }
  return header;
}

async function* strictUtf8(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for await (const block of blocks) {
    try {
      decoder.decode(block, { stream: true });
    } catch (cause) {
      throw badRow(line, 'not UTF-8 text, here or in the lines that follow', cause);
    }
    for (let at = block.indexOf(0x0a); at !== -1; at = block.indexOf(0x0a, at + 1)) line += 1;
    yield block;
  }
}

function csvFault(error: unknown): unknown {
  if (!(error instanceof CsvError)) return error;
  const { lines } = error as CsvError & { readonly lines?: number };
  return badRow(lines ?? 1, `malformed CSV, ${error.message}`, error);
}
