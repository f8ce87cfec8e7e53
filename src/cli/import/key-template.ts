/**
 * The key of a row: a template such as `city/{country}/{name}/{lat},{lng}` filled with top-level
 * fields (`{{` and `}}` stand for braces), or, without a template, the row's own `key`.
 */
import {
  AdastraError,
  checkKey,
  isReservedKey,
  type Value,
  valueOfJson,
} from '../../core/index.ts';
import { badRow } from './import-fault.ts';
import type { Row } from './row.ts';

/** A row as a key and a value to put. */
export interface KeyedRow {
  readonly key: string;
  readonly value: Value;
}

/** Makes keys and values of rows; throws `import_invalid` naming the line. */
export type RowReader = (row: Row) => KeyedRow;

interface TemplatePart {
  readonly literal: string;
  /** The field that follows; `undefined` at the end. */
  readonly field: string | undefined;
}

/** Reads rows by a template; throws `invalid_options` for one that is malformed. */
export function templateReader(template: string): RowReader {
  const parts = parseTemplate(template);
  return (row) => {
    const fields = objectOf(row);
    let key = '';
    for (const { literal, field } of parts) {
      key += literal;
      if (field !== undefined) key += fieldText(row, fields, field);
    }
    return { key: checkedKey(row, key), value: valueOf(row, row.json) };
  };
}

/** Reads rows `{ "key": …, "value": … }`, as `export` writes them. */
export function plainReader(row: Row): KeyedRow {
  const fields = objectOf(row);
  const { key, value } = fields;
  if (typeof key !== 'string') throw badRow(row.line, 'the row has no "key" that is a string');
  if (value === undefined) throw badRow(row.line, 'the row has no "value"');
  const extra = Object.keys(fields).find((name) => name !== 'key' && name !== 'value');
  if (extra !== undefined) {
    throw badRow(row.line, `the row has a field ${JSON.stringify(extra)} beside "key" and "value"`);
  }
  return { key: checkedKey(row, key), value: valueOf(row, value) };
}

/**
 * Reads CSV rows as `export` writes them: `key,value` with JSON, or `key` and one column a field.
 */
export function csvReader(row: Row): KeyedRow {
  const { key, ...fields } = objectOf(row);
  if (typeof key !== 'string') throw badRow(row.line, 'the header has no column "key"');
  const names = Object.keys(fields);
  if (names.length !== 1 || names[0] !== 'value') {
    return { key: checkedKey(row, key), value: valueOf(row, fields) };
  }
  const text = String(fields['value']);
  let json: unknown;
  try {
    json = JSON.parse(text) as unknown;
  } catch (cause) {
    throw badRow(row.line, `the column "value" is not JSON: ${text.slice(0, 60)}`, cause);
  }
  return { key: checkedKey(row, key), value: valueOf(row, json) };
}

function parseTemplate(template: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  const pattern = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;
  let literal = '';
  let at = 0;
  for (const match of template.matchAll(pattern)) {
    literal += template.slice(at, match.index);
    at = match.index + match[0].length;
    if (match[0] === '{{' || match[0] === '}}') literal += match[0][0];
    else if (match[1] === undefined || match[1] === '') throw badTemplate(template, match.index);
    else {
      parts.push({ literal, field: match[1] });
      literal = '';
    }
  }
  if (parts.length === 0) {
    throw new AdastraError('invalid_options', '--key names no {field}: all rows would be one key');
  }
  parts.push({ literal: literal + template.slice(at), field: undefined });
  return parts;
}

function badTemplate(template: string, at: number): AdastraError {
  const where = `${JSON.stringify(template)}, column ${at + 1}`;
  return new AdastraError('invalid_options', `--key has a brace that names no field: ${where}`, {
    hint: "fields stand in braces: 'city/{country}/{name}'; {{ and }} stand for braces",
  });
}

function objectOf(row: Row): Readonly<Record<string, unknown>> {
  const { json } = row;
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return json as Record<string, unknown>;
  }
  throw badRow(row.line, `the row is ${nameOf(json)}, not an object`);
}

function nameOf(json: unknown): string {
  if (json === null) return 'null';
  return Array.isArray(json) ? 'a list' : `a ${typeof json}`;
}

function fieldText(row: Row, fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const what = value === undefined ? 'is missing' : `is ${nameOf(value)}, not text or a number`;
  throw badRow(row.line, `the field ${JSON.stringify(name)} ${what}`);
}

function checkedKey(row: Row, key: string): string {
  try {
    checkKey(key);
  } catch (error) {
    throw badRow(row.line, (error as Error).message, error);
  }
  if (!isReservedKey(key)) return key;
  throw badRow(row.line, `the key ${JSON.stringify(key)} begins with $, which is the system's`);
}

function valueOf(row: Row, json: unknown): Value {
  try {
    return valueOfJson(json);
  } catch (error) {
    throw badRow(row.line, (error as Error).message, error);
  }
}
