import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys, type Value } from '../core/index.ts';
import { defineIndex, type IndexEntry, type IndexProjection } from './define-index.ts';
import type { IndexRange } from './index-range.ts';
import type { IndexRows } from './sorted-rows.ts';
import { sortText } from './sort-text.ts';

type Entries = ReadonlyMap<string, Value>;

/** An index over entries, fed one by one. */
function fed(index: IndexProjection, entries: Iterable<[string, Value | undefined]>): IndexRows {
  const state = index.initial() as IndexRows;
  for (const [key, value] of entries) {
    const kind = value === undefined ? 'remove' : 'put';
    index.apply(state as never, { key, kind, value, seq: 1, timeMs: 0 });
  }
  return state;
}

function keysOf(rows: readonly IndexEntry[]): string[] {
  return rows.map(({ key }) => key);
}

const people: [string, Value][] = [
  ['p/1', { name: 'Ada', age: 36, home: { city: 'London' } }],
  ['p/2', { name: 'Bo', age: 7, home: { city: 'Oslo' } }],
  ['p/3', { name: 'Cy', age: 36, home: { city: 'Oslo' } }],
  ['p/4', { name: 'Di', home: { city: 'Paris' } }],
  ['p/5', 'no object'],
];

test('a composite index: equal on the first, bounds on the next, both ways, in pages', () => {
  const { queries, ...index } = defineIndex({ name: 'c', fields: ['home.city', 'age'] });
  const state = fed({ queries, ...index }, people);
  const ask = (range?: IndexRange): string[] => keysOf(queries.range(state, range));
  expect(ask()).toEqual(['p/1', 'p/2', 'p/3']);
  expect(ask({ reverse: true })).toEqual(['p/3', 'p/2', 'p/1']);
  expect(ask({ equal: ['Oslo'] })).toEqual(['p/2', 'p/3']);
  expect(ask({ equal: ['Oslo'], gt: 7 })).toEqual(['p/3']);
  expect(ask({ equal: ['Oslo'], gte: 7, lt: 36 })).toEqual(['p/2']);
  expect(ask({ equal: ['Oslo', 36] })).toEqual(['p/3']);
  expect(ask({ gt: 'London', lte: 'Oslo' })).toEqual(['p/2', 'p/3']);
  expect(ask({ gt: 'Oslo', lt: 'London' })).toEqual([]);
  expect(ask({ limit: 0 })).toEqual([]);
  expect(queries.count(state, { equal: ['Oslo'] })).toBe(2);
  expect(queries.range(state, { equal: ['Oslo'], limit: 1 })).toEqual([
    { key: 'p/2', values: ['Oslo', 7] },
  ]);
});

test('entries that lack a field are left out, or come first', () => {
  const fields = ['age'];
  const skipping = defineIndex({ name: 's', fields });
  const first = defineIndex({ name: 'f', fields, missing: 'first' });
  expect(keysOf(skipping.queries.range(fed(skipping, people)))).toEqual(['p/2', 'p/1', 'p/3']);
  expect(first.queries.range(fed(first, people))).toMatchObject([
    { key: 'p/4', values: [null] },
    { key: 'p/5' },
    { key: 'p/2', values: [7] },
    { key: 'p/1' },
    { key: 'p/3' },
  ]);
  const paged: string[] = [];
  const state = fed(first, people);
  for (let after: IndexEntry | undefined; ; ) {
    const [row] = first.queries.range(state, { limit: 1, ...(after && { after }) });
    if (row === undefined) break;
    paged.push(row.key);
    after = row;
  }
  expect(paged).toEqual(['p/4', 'p/5', 'p/2', 'p/1', 'p/3']);
});

test('an index expected to be unique tells who has a value, and who shares one', () => {
  const index = defineIndex({ name: 'u', fields: ['age'], unique: true });
  const state = fed(index, [
    ...people,
    ['p/0', { age: 7 }],
    ['p/9', { age: 36 }],
    ['p/a', { age: 1 }],
  ]);
  expect(index.queries.one(state, [36])).toBe('p/1');
  expect(index.queries.one(state, [8])).toBe(undefined);
  expect(index.queries.duplicates(state)).toEqual([
    { values: [7], keys: ['p/0', 'p/2'] },
    { values: [36], keys: ['p/1', 'p/3', 'p/9'] },
  ]);
});

test('by: a function gives the values, or leaves an entry out', () => {
  const index = defineIndex({
    name: 'b',
    by: (value, key) => (typeof value === 'string' ? [value.toLowerCase(), key] : undefined),
  });
  const state = fed(index, [
    ['a', 'B'],
    ['b', 'a'],
    ['c', 3],
  ]);
  expect(index.queries.range(state)).toEqual([
    { key: 'b', values: ['a', 'b'] },
    { key: 'a', values: ['b', 'a'] },
  ]);
  const broken = defineIndex({ name: 'x', by: (() => 'no list') as never });
  expect(() => fed(broken, people)).toThrow('by() returned no list');
});

test('what is asked wrongly, or defined so, is refused', () => {
  const { queries, ...index } = defineIndex({ name: 'i', fields: [''] });
  const state = fed({ queries, ...index }, [['a', 1]]);
  const wrong = [
    { limit: -1 },
    { limit: 10_001 },
    { limit: 1.5 },
    { reverse: 1 },
    { equal: 'x' },
    { from: 1 },
    { after: 'a' },
    { after: null },
    { after: { key: 1, values: [] } },
    null,
    'all',
  ];
  for (const range of wrong) {
    expect(() => queries.range(state, range as never)).toThrow(/a range|limit|reverse|equal|after/);
  }
  expect(() => queries.one(state, 1)).toThrow('one takes the list of all values');
  for (const fields of [undefined, [], 'name', [1]]) {
    expect(() => defineIndex({ name: 'i', fields: fields as never })).toThrow(/fields/);
  }
  const both = { name: 'i', fields: ['a'], by: () => [] };
  expect(() => defineIndex(both)).toThrow('index i needs one of fields and by');
  expect(() => defineIndex({ name: 'i', by: 1 as never })).toThrow('not a function');
  expect(() => defineIndex({ name: 'i', fields: ['a'], missing: 'x' as never })).toThrow("'skip'");
  expect(() => defineIndex({ name: 'i/j', fields: ['a'] })).toThrow('needs a name');
});

/** The same by looking at all entries. */
function searched(entries: Entries, { equal = [], reverse, ...bounds }: IndexRange): string[] {
  const rows = [...entries].map(([key, value]) => ({ key, list: value as Value[] }));
  const kept = rows.filter(({ list }) => {
    if (sortText(list.slice(0, equal.length)) !== sortText(equal)) return false;
    const next = sortText([list[equal.length]]);
    const { gt, gte, lt, lte } = bounds;
    return (
      (gt === undefined || next > sortText([gt])) &&
      (gte === undefined || next >= sortText([gte])) &&
      (lt === undefined || next < sortText([lt])) &&
      (lte === undefined || next <= sortText([lte]))
    );
  });
  kept.sort((left, right) => {
    const [a, b] = [sortText(left.list), sortText(right.list)];
    if (a !== b) return a < b ? -1 : 1;
    return compareKeys(left.key, right.key);
  });
  const keys = kept.map(({ key }) => key);
  return reverse === true ? keys.toReversed() : keys;
}

const small = fc.constantFrom<Value>(0, 1, 2, 'a', 'b', 'a\u0000', null);
const bound = fc.option(small, { nil: undefined });

test('ranges, pages and counts are those of a search through all entries', () => {
  const changes = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 2000 }).map((number) => `k${number % 40}`),
      fc.option(fc.tuple(small, small), { nil: undefined }),
    ),
    { maxLength: 80 },
  );
  const range = fc.record({
    equal: fc.oneof(fc.constant([]), fc.tuple(small)),
    gt: bound,
    gte: bound,
    lt: bound,
    lte: bound,
    reverse: fc.boolean(),
  });
  const { queries, ...rest } = defineIndex({ name: 'i', by: (value) => value as Value[] });
  fc.assert(
    fc.property(changes, range, fc.integer({ min: 1, max: 7 }), (written, asked, limit) => {
      const state = fed({ queries, ...rest }, written as [string, Value][]);
      const entries = new Map<string, Value>();
      for (const [key, value] of written) {
        if (value === undefined) entries.delete(key);
        else entries.set(key, value as Value);
      }
      const expected = searched(entries, asked as IndexRange);
      expect(keysOf(queries.range(state, asked as IndexRange))).toEqual(expected);
      expect(queries.count(state, asked as IndexRange)).toBe(expected.length);
      const paged: string[] = [];
      for (let page = queries.range(state, { ...asked, limit } as IndexRange); page.length > 0; ) {
        paged.push(...keysOf(page));
        page = queries.range(state, { ...asked, limit, after: page.at(-1) } as IndexRange);
      }
      expect(paged).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('thousands of rows in any order stay in order', () => {
  const { queries, ...rest } = defineIndex({ name: 'i', fields: [''] });
  const state = rest.initial() as IndexRows;
  const put = (key: string, value: number): void =>
    void rest.apply(state as never, { key, kind: 'put', value, seq: 1, timeMs: 0 });
  for (let index = 0; index < 3000; index++) put(`a${index}`, index);
  for (let index = 0; index < 3000; index++) put(`b${index}`, (index * 7919) % 3000);
  for (let index = 0; index < 3000; index += 2) put(`a${index}`, 3000 - index);
  expect(queries.count(state)).toBe(6000);
  const values = queries.range(state, { limit: 10_000 }).map((row) => row.values[0] as number);
  expect(values).toEqual(values.toSorted((left, right) => left - right));
  expect(queries.count(state, { gte: 1000, lt: 2000 })).toBe(
    values.filter((value) => value >= 1000 && value < 2000).length,
  );
  for (let index = 0; index < 3000; index++) {
    rest.apply(state as never, {
      key: `a${index}`,
      kind: 'remove',
      value: undefined,
      seq: 2,
      timeMs: 0,
    });
    rest.apply(state as never, {
      key: `b${index}`,
      kind: 'remove',
      value: undefined,
      seq: 2,
      timeMs: 0,
    });
  }
  expect([queries.count(state), queries.range(state)]).toEqual([0, []]);
});
