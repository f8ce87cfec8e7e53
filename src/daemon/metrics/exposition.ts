/**
 * Metrics as Prometheus reads them: the text format, version 0.0.4. One family has a HELP and a
 * TYPE line and its samples behind them; names and labels are checked here, so that nothing that a
 * node says of itself can break a line.
 */
import { assert, type HistogramReading } from '../../core/index.ts';

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

interface FamilyHead {
  /** In base units: seconds, bytes; counters end in `_total`. */
  readonly name: string;
  /** One line. */
  readonly help: string;
}

/** One metric with all its samples. */
export type Family = FamilyHead &
  (
    | { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] }
    | {
        readonly type: 'histogram';
        readonly readings: readonly {
          readonly labels?: Labels;
          readonly reading: HistogramReading;
        }[];
      }
  );

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** A family of one sample without labels; `undefined` where there is no value. */
export function single(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  value: number | undefined,
): Family {
  return { type, name, help, samples: value === undefined ? [] : [{ value }] };
}

/** The whole text. A family without samples is left out; a name may come once only. */
export function expositionOf(families: readonly Family[]): string {
  const names = new Set<string>();
  let text = '';
  for (const family of families) {
    const { name, type, help } = family;
    assert(NAME.test(name) && !names.has(name), 'metrics have names of their own');
    assert(type !== 'counter' || name.endsWith('_total'), 'counters end in _total');
    names.add(name);
    const lines = family.type === 'histogram' ? histogramLines(family) : sampleLines(family);
    if (lines === '') continue;
    const words = help.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
    text += `# HELP ${name} ${words}\n# TYPE ${name} ${type}\n${lines}`;
  }
  return text;
}

function sampleLines({ name, samples }: Family & { readonly type: 'counter' | 'gauge' }): string {
  return samples.map(({ labels = {}, value }) => line(name, labels, value)).join('');
}

function histogramLines({ name, readings }: Family & { readonly type: 'histogram' }): string {
  let lines = '';
  for (const { labels = {}, reading } of readings) {
    let below = 0;
    for (const [index, bound] of reading.bounds.entries()) {
      below += reading.counts[index] as number;
      lines += line(`${name}_bucket`, { ...labels, le: numberText(bound) }, below);
    }
    lines += line(`${name}_bucket`, { ...labels, le: '+Inf' }, reading.count);
    lines += line(`${name}_sum`, labels, reading.sum);
    lines += line(`${name}_count`, labels, reading.count);
  }
  return lines;
}

function line(name: string, labels: Labels, value: number): string {
  const parts = Object.entries(labels).map(([label, text]) => {
    assert(NAME.test(label), 'labels have plain names');
    return `${label}="${escaped(text)}"`;
  });
  const set = parts.length === 0 ? '' : `{${parts.join(',')}}`;
  return `${name}${set} ${numberText(value)}\n`;
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
