/**
 * The rows of an input in any of the three formats, in groups, with backpressure: the next bytes
 * are read when the rows before them have been taken.
 */
import { extname } from 'node:path';
import { csvRows } from './csv-rows.ts';
import { JsonArraySplitter } from './json-array-splitter.ts';
import { NdjsonSplitter } from './ndjson-splitter.ts';
import type { Row, RowSplitter } from './row.ts';

/** The formats of import and export. */
export const ROW_FORMATS = ['ndjson', 'json', 'csv'] as const;

/** One of them. */
export type RowFormat = (typeof ROW_FORMATS)[number];

/** The format that a file name suggests; NDJSON where it suggests none. */
export function formatOf(path: string): RowFormat {
  const extension = extname(path).toLowerCase();
  if (extension === '.json') return 'json';
  return extension === '.csv' ? 'csv' : 'ndjson';
}

/** Reads rows; throws `import_invalid` with the line of the first mistake. */
export function readRows(
  blocks: AsyncIterable<Uint8Array>,
  format: RowFormat,
): AsyncIterable<readonly Row[]> {
  if (format === 'csv') return csvRows(blocks);
  return splitRows(blocks, format === 'json' ? new JsonArraySplitter() : new NdjsonSplitter());
}

async function* splitRows(
  blocks: AsyncIterable<Uint8Array>,
  splitter: RowSplitter,
): AsyncGenerator<readonly Row[]> {
  for await (const block of blocks) yield splitter.push(block);
  yield splitter.end();
}
