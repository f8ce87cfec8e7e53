/**
 * Keys and values as text in the three formats. NDJSON and JSON are exact: `import` reads back what
 * stands there, byte for byte. CSV has a column `key` and either one column `value` with JSON
 * (exact too), or one for each top-level field, where strings stand bare and all else as JSON.
 */
import { AdastraError, jsonOf, type Value } from '../../core/index.ts';
import type { RowFormat } from '../import/rows.ts';

/** Gives the text of each row in turn. */
export interface RowWriter {
  row(key: string, value: Value): string;
  /** What stands behind the last row. */
  end(): string;
  /** Rows with fields for which there is no column. */
  readonly cutRows: number;
}

/** A writer; `columns` only for CSV. */
export function rowWriter(format: RowFormat, columns: readonly string[] | undefined): RowWriter {
  if (format === 'ndjson') return new NdjsonWriter();
  return format === 'json' ? new JsonArrayWriter() : new CsvWriter(columns);
}

function exact(key: string, value: Value): string {
  return JSON.stringify({ key, value: jsonOf(value) });
}

class NdjsonWriter implements RowWriter {
  readonly cutRows = 0;

  row(key: string, value: Value): string {
    return `${exact(key, value)}\n`;
  }

  end(): string {
    return '';
  }
}

class JsonArrayWriter implements RowWriter {
  readonly cutRows = 0;
  #isFirst = true;

  row(key: string, value: Value): string {
    const lead = this.#isFirst ? '[\n' : ',\n';
    this.#isFirst = false;
    return lead + exact(key, value);
  }

  end(): string {
    return this.#isFirst ? '[]\n' : '\n]\n';
  }
}

class CsvWriter implements RowWriter {
  #columns: readonly string[] | undefined;
  #isFirst = true;
  #cutRows = 0;

  constructor(columns: readonly string[] | undefined) {
    this.#columns = columns;
  }

  get cutRows(): number {
    return this.#cutRows;
  }

  row(key: string, value: Value): string {
    const json = jsonOf(value);
    const lead = this.#isFirst ? this.#header(json) : '';
    this.#isFirst = false;
    return `${lead}${[cell(key), ...this.#cells(key, json)].join(',')}\r\n`;
  }

  end(): string {
    if (!this.#isFirst) return '';
    return `${['key', ...(this.#columns ?? ['value'])].map(cell).join(',')}\r\n`;
  }

  #header(json: unknown): string {
    this.#columns ??= isFields(json) ? Object.keys(json) : ['value'];
    return `${['key', ...this.#columns].map(cell).join(',')}\r\n`;
  }

  #cells(key: string, json: unknown): string[] {
    const columns = this.#columns ?? [];
    if (columns.length === 1 && columns[0] === 'value') return [cell(JSON.stringify(json))];
    if (!isFields(json)) throw notFields(key);
    if (Object.keys(json).some((name) => !columns.includes(name))) this.#cutRows += 1;
    return columns.map((name) => (Object.hasOwn(json, name) ? fieldCell(json[name]) : ''));
  }
}

function notFields(key: string): AdastraError {
  const message = `the value of ${JSON.stringify(key)} is not an object and has no columns`;
  return new AdastraError('invalid_argument', message, {
    hint: 'pass --columns value to write each value as JSON, or --format ndjson',
    details: { key },
  });
}

/** An object of fields: not a list, and not a tag such as `{"$date": …}`. */
function isFields(json: unknown): json is Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false;
  const names = Object.keys(json);
  return (
    names.length > 0 &&
    !(names.length === 1 && names[0]?.startsWith('$') === true) &&
    !('key' in json)
  );
}

function fieldCell(value: unknown): string {
  return cell(typeof value === 'string' ? value : JSON.stringify(value));
}

function cell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
