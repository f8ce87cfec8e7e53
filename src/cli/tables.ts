/**
 * Tables and figures for people: plain columns without frames, so that a line can be copied. Data
 * for programs never comes from here.
 */
import Table from 'cli-table3';
import { cleanText } from './clean-text.ts';
import type { Output } from './output.ts';

const NO_FRAME = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** Rows under each other, without trailing blanks. */
export function columns(rows: readonly (readonly string[])[]): string {
  const table = new Table({
    chars: NO_FRAME,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Names and what they stand for. */
export function facts(output: Output, rows: readonly (readonly [string, string])[]): string {
  return columns(rows.map(([name, value]) => [output.colors.dim(name), value]));
}

/** A plain object as facts: nested ones with dotted names, lists by their length. */
export function factsOf(output: Output, value: object): string {
  return facts(output, flatten(value, ''));
}

function flatten(value: object, prefix: string): [string, string][] {
  const rows: [string, string][] = [];
  for (const [name, item] of Object.entries(value) as [string, unknown][]) {
    if (item === undefined) continue;
    const label = `${prefix}${name}`;
    if (Array.isArray(item)) rows.push([label, listText(item)]);
    else if (typeof item === 'object' && item !== null) rows.push(...flatten(item, `${label}.`));
    else rows.push([label, /bytes$/i.test(name) ? size(Number(item)) : scalarText(item)]);
  }
  return rows;
}

function scalarText(item: unknown): string {
  return cleanText(typeof item === 'string' ? item : JSON.stringify(item));
}

function listText(items: readonly unknown[]): string {
  if (items.length === 0) return 'none';
  const isPlain = items.every((item) => typeof item !== 'object');
  return cleanText(isPlain ? items.map(String).join(', ') : JSON.stringify(items));
}

/** Bytes as people read them: `1.4 MiB`. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? String(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** Whole numbers with thousands set apart: `171,075`. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A duration in words: `12 ms`, `3.4 s`. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Wall time of a commit in UTC. */
export function when(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? String(timeMs) : date.toISOString();
}
