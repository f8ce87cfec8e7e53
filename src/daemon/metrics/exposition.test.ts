/** The exposition format, and the checker that reads it: what it lets pass and what it finds. */
import { expect, it } from 'vitest';
import { Histogram } from '../../core/index.ts';
import { readExposition, wentBack } from '../../../test/support/exposition.ts';
import type { ProjectionStatus } from '../../engine/index.ts';
import { expositionOf, type Family, single } from './exposition.ts';
import { projectionFamilies } from './projection-families.ts';

function filled(...values: number[]): Histogram {
  const histogram = new Histogram([0.1, 1]);
  for (const value of values) histogram.note(value);
  return histogram;
}

const families: readonly Family[] = [
  single('gauge', 'a', 'One\nline and a \\.', 1.5),
  single('counter', 'b_total', 'Counts.', 3),
  single('gauge', 'left_out', 'Nothing is known.', undefined),
  {
    type: 'histogram',
    name: 'c_seconds',
    help: 'Times.',
    readings: [{ labels: { route: '/x' }, reading: filled(0.05, 0.5, 0.5, 7).read() }],
  },
];

it('writes what the checker reads', () => {
  const text = expositionOf(families);
  const { faults, series, types } = readExposition(text);
  expect(faults).toEqual([]);
  expect(types.get('c_seconds')).toBe('histogram');
  expect(types.has('left_out')).toBe(false);
  expect([...series].map(([name, { value }]) => `${name} ${value}`)).toEqual([
    'a{} 1.5',
    'b_total{} 3',
    'c_seconds_bucket{le=0.1,route=/x} 1',
    'c_seconds_bucket{le=1,route=/x} 3',
    'c_seconds_bucket{le=+Inf,route=/x} 4',
    'c_seconds_sum{route=/x} 8.05',
    'c_seconds_count{route=/x} 4',
  ]);
  expect(text.startsWith('# HELP a One\\nline and a \\\\.\n# TYPE a gauge\na 1.5\n')).toBe(true);
});

it('escapes whatever a label holds', () => {
  const node = 'a"b\\c\nd}{,="é\u0000';
  const samples = [{ labels: { node, other: '' }, value: Number.NaN }];
  const text = expositionOf([{ type: 'gauge', name: 'a', help: 'One.', samples }]);
  const { faults, series } = readExposition(text);
  expect(faults).toEqual([]);
  expect([...series.values()][0]?.labels.get('node')).toBe(node);
});

it('refuses names that are none, that come twice, and counters without _total', () => {
  const one = single('gauge', 'a', 'One.', 1);
  expect(() => expositionOf([one, one])).toThrow('names of their own');
  expect(() => expositionOf([single('gauge', 'a-b', 'One.', 1)])).toThrow('names of their own');
  expect(() => expositionOf([single('counter', 'a', 'One.', 1)])).toThrow('end in _total');
});

it('tells of projections by their names', () => {
  const live = { name: 'stock', version: 1, seq: 7, state: 'live', bytes: 10, tooLarge: false };
  const failed = { ...live, name: 'so"ld', state: 'failed', bytes: undefined };
  const statuses = [live, failed] as ProjectionStatus[];
  const { faults, series } = readExposition(expositionOf(projectionFamilies(statuses)));
  expect(faults).toEqual([]);
  expect([...series].map(([name, { value }]) => `${name} ${value}`)).toEqual([
    'adastra_projection_seq{projection=stock} 7',
    'adastra_projection_seq{projection=so"ld} 7',
    'adastra_projection_failed{projection=stock} 0',
    'adastra_projection_failed{projection=so"ld} 1',
    'adastra_projection_bytes{projection=stock} 10',
  ]);
});

it.each([
  ['a line that does not end', '# HELP a A.\n# TYPE a gauge\na 1'],
  ['no TYPE', '# HELP a A.\na 1\n'],
  ['no HELP', '# TYPE a gauge\na 1\n'],
  ['no value', '# HELP a A.\n# TYPE a gauge\na \n'],
  ['a value that is none', '# HELP a A.\n# TYPE a gauge\na one\n'],
  ['an open quote', '# HELP a A.\n# TYPE a gauge\na{b="c} 1\n'],
  ['a bare quote', '# HELP a A.\n# TYPE a gauge\na{b="c"d"} 1\n'],
  ['a bad escape', '# HELP a A.\n# TYPE a gauge\na{b="\\x"} 1\n'],
  ['a label twice', '# HELP a A.\n# TYPE a gauge\na{b="1",b="2"} 1\n'],
  ['a series twice', '# HELP a A.\n# TYPE a gauge\na{b="1"} 1\na{b="1"} 2\n'],
  [
    'a family in pieces',
    '# HELP a A.\n# TYPE a gauge\na 1\n# HELP b A.\n# TYPE b gauge\nb 1\na 2\n',
  ],
  ['a counter without _total', '# HELP a A.\n# TYPE a counter\na 1\n'],
  ['a negative counter', '# HELP a_total A.\n# TYPE a_total counter\na_total -1\n'],
  ['no samples', '# HELP a A.\n# TYPE a gauge\n'],
  [
    'buckets that are not summed up',
    '# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
  ],
  ['no +Inf', '# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n'],
  [
    'a count that differs',
    '# HELP a A.\n# TYPE a histogram\na_bucket{le="+Inf"} 1\na_sum 1\na_count 2\n',
  ],
])('the checker finds %s', (_what, text) => {
  expect(readExposition(text).faults).not.toEqual([]);
});

it('the checker finds what goes back', () => {
  const texts = [3, 4, 2].map((count) => expositionOf([single('counter', 'b_total', 'B.', count)]));
  const [three, four, two] = texts.map((text) => readExposition(text));
  if (three === undefined || four === undefined || two === undefined) throw new Error('no texts');
  expect(wentBack(three, four)).toEqual([]);
  expect(wentBack(four, two)).toEqual(['b_total{}: 4 then 2']);
  expect(wentBack(four, readExposition('\n'))).toHaveLength(1);
});
