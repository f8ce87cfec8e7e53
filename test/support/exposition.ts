/**
 * Reads the text format of Prometheus (0.0.4) strictly and says what is wrong with a text: lines
 * that are none, samples before or without their HELP and TYPE, families that come twice or in
 * pieces, series that come twice, bad escapes, histograms that do not add up; and what went back
 * between two readings.
 */

export interface Series {
  readonly family: string;
  readonly name: string;
  /** As they came, unescaped, sorted by name. */
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  readonly series: ReadonlyMap<string, Series>;
  readonly faults: readonly string[];
}

const TYPES = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/;
const NUMBER = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$/;

/** Everything that a text holds, and all that is wrong with it. */
export function readExposition(text: string): Exposition {
  const reader = new Reader();
  if (!text.endsWith('\n')) reader.faults.push('the last line does not end');
  for (const line of text.split('\n').slice(0, -1)) reader.line(line);
  reader.checkHistograms();
  return reader;
}

/** Counters, and counts of histograms, that went back or vanished. */
export function wentBack(before: Exposition, after: Exposition): string[] {
  const faults: string[] = [];
  for (const [key, { family, name, value }] of before.series) {
    const type = before.types.get(family);
    if (type !== 'counter' && (type !== 'histogram' || name.endsWith('_sum'))) continue;
    const later = after.series.get(key)?.value;
    if (later === undefined || later < value) faults.push(`${key}: ${value} then ${later}`);
  }
  return faults;
}

class Reader implements Exposition {
  readonly types = new Map<string, string>();
  readonly series = new Map<string, Series>();
  readonly faults: string[] = [];
  readonly #helped = new Set<string>();
  readonly #ended = new Set<string>();
  #family = '';

  line(line: string): void {
    if (line.startsWith('# HELP ')) this.#help(line);
    else if (line.startsWith('# TYPE ')) this.#type(line);
    else if (line.startsWith('#') || line === '') this.faults.push(`a line for nothing: ${line}`);
    else this.#sample(line);
  }

  checkHistograms(): void {
    for (const [family, type] of this.types) {
      const all = [...this.series.values()].filter((series) => series.family === family);
      if (all.length === 0) this.faults.push(`${family} has no sample`);
      if (type === 'counter' && !family.endsWith('_total'))
        this.faults.push(`${family}: no _total`);
      if (type === 'counter' && all.some(({ value }) => !(value >= 0)))
        this.faults.push(`${family}: below 0`);
      if (type === 'histogram') this.#histogram(family, all);
    }
  }

  #help(line: string): void {
    const [, name = '', words = ''] = /^# HELP (\S+) (.+)$/.exec(line) ?? [];
    if (name === '' || this.#helped.has(name)) this.faults.push(`a second or empty HELP: ${line}`);
    if (/\\(?![\\n])/.test(words.replaceAll('\\\\', ''))) this.faults.push(`bad escape: ${line}`);
    this.#helped.add(name);
    this.#begin(name);
  }

  #type(line: string): void {
    const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (!TYPES.has(type) || this.types.has(name)) this.faults.push(`a bad TYPE: ${line}`);
    if (this.#family !== name) this.faults.push(`TYPE without HELP: ${line}`);
    this.types.set(name, type);
  }

  #begin(family: string): void {
    if (this.#family !== '') this.#ended.add(this.#family);
    if (this.#ended.has(family)) this.faults.push(`${family} comes in pieces`);
    this.#family = family;
  }

  #sample(line: string): void {
    const [, name = '', set, number = ''] = SAMPLE.exec(line) ?? [];
    if (name === '' || !NUMBER.test(number)) {
      this.faults.push(`no sample: ${line}`);
      return;
    }
    const family = this.#family;
    const isHistogram = this.types.get(family) === 'histogram';
    const names = isHistogram ? ['_bucket', '_sum', '_count'].map((end) => family + end) : [family];
    if (!names.includes(name) || !this.types.has(family))
      this.faults.push(`not of ${family}: ${line}`);
    const labels = this.#labels(set, line);
    const key = `${name}{${[...labels].map(([label, text]) => `${label}=${text}`).join(',')}}`;
    if (this.series.has(key)) this.faults.push(`a second time: ${line}`);
    this.series.set(key, { family, name, labels, value: numberOf(number) });
  }

  #labels(set: string | undefined, line: string): Map<string, string> {
    const found: Array<[string, string]> = [];
    let rest = set ?? '';
    if (set === '') this.faults.push(`empty braces: ${line}`);
    while (rest !== '') {
      const match = LABEL.exec(rest);
      if (match === null) {
        this.faults.push(`bad labels: ${line}`);
        break;
      }
      const [whole, name = '', text = ''] = match;
      found.push([
        name,
        text.replaceAll(/\\(.)/g, (_, mark) => (mark === 'n' ? '\n' : String(mark))),
      ]);
      rest = rest.slice(whole.length);
    }
    const labels = new Map(found.sort(([left], [right]) => (left < right ? -1 : 1)));
    if (labels.size < found.length) this.faults.push(`a label twice: ${line}`);
    return labels;
  }

  #histogram(family: string, all: readonly Series[]): void {
    const groups = new Map<string, Series[]>();
    for (const series of all) {
      const rest = [...series.labels].filter(([name]) => name !== 'le').join(';');
      groups.set(rest, [...(groups.get(rest) ?? []), series]);
    }
    for (const [labels, group] of groups) {
      const buckets = group.filter(({ name }) => name.endsWith('_bucket'));
      const bounds = buckets.map((bucket) => numberOf(bucket.labels.get('le') ?? ''));
      const counts = buckets.map(({ value }) => value);
      const count = group.find(({ name }) => name.endsWith('_count'))?.value;
      const hasSum = group.some(({ name }) => name.endsWith('_sum'));
      const isWhole =
        ascends(bounds, true) && ascends(counts) && bounds.at(-1) === Infinity && hasSum;
      if (!isWhole || counts.at(-1) !== count) this.faults.push(`${family} {${labels}}: no sums`);
    }
  }
}

function ascends(numbers: readonly number[], strictly = false): boolean {
  return numbers.every((number, index) => {
    const before = numbers[index - 1] ?? Number.NEGATIVE_INFINITY;
    return strictly ? number > before : number >= before;
  });
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
