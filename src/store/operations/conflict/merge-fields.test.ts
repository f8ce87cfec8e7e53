import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ByteWriter,
  decodeValue,
  encodeValue,
  type Stamp,
  type Value,
} from '../../../core/index.ts';
import {
  type Cell,
  cellOfView,
  compareStamps,
  KIND_PUT,
  KIND_REMOVE,
  makeCell,
  OriginTable,
} from '../../storage/index.ts';
import { stampOfCell, valueOfCell } from '../described-sibling.ts';
import { siblingsAfter } from '../siblings.ts';
import {
  decodeFieldMeta,
  encodeFieldMeta,
  FIELD_META_BYTES_MAX,
  type ListedField,
} from './field-meta.ts';
import { fieldMetaOf, mergeFields } from './merge-fields.ts';

const origins = new OriginTable();
const WRITERS = [1, 2, 3].map((byte) => origins.indexOf(new Uint8Array(32).fill(byte)));
const LIMITS = { valueBytesMax: 1 << 20, depthMax: 64 };
const context = { origins, keyId: '', limits: LIMITS };

function put(value: Value, ms: number, writer = 0, meta?: Uint8Array): Cell {
  const scratch = new ByteWriter(64);
  const head = encodeValue(scratch, value, { valueBytesMax: 1 << 24, depthMax: 64 });
  const bytes = scratch.toBytes();
  const origin = WRITERS[writer] as number;
  return makeCell(KIND_PUT, head, bytes, 0, bytes.length, meta, ms, 0, origin, ms);
}

function remove(ms: number, writer = 0): Cell {
  const origin = WRITERS[writer] as number;
  return makeCell(KIND_REMOVE, 0, new Uint8Array(0), 0, 0, undefined, ms, 0, origin, ms);
}

/** A put as an author makes it that sees `before`. */
function putOver(before: readonly Cell[], value: Value, ms: number, writer: number): Cell {
  return put(value, ms, writer, fieldMetaOf(before, put(value, ms, writer), origins));
}

function sorted(siblings: readonly Cell[]): Cell[] {
  return [...siblings].sort((a, b) => compareStamps(a, b, origins));
}

function merged(...siblings: readonly Cell[]): Value | undefined {
  const list = sorted(siblings);
  return valueOfCell(cellOfView(list, mergeFields(list, context)));
}

test('changes of different fields stand side by side', () => {
  const first = put({ name: 'Ada', city: 'London' }, 1);
  const left = putOver([first], { name: 'Ada', city: 'Paris' }, 2, 1);
  const right = putOver([first], { name: 'Ada L.', city: 'London' }, 3, 2);
  expect(merged(left, right)).toEqual({ city: 'Paris', name: 'Ada L.' });
});

test('of one field the greatest stamp wins; a field added stands', () => {
  const first = put({ n: 0 }, 1);
  const left = putOver([first], { n: 1, more: true }, 5, 1);
  const right = putOver([first], { n: 2 }, 4, 2);
  expect(merged(left, right)).toEqual({ n: 1, more: true });
});

test('a field removed stays removed, unless it was changed later', () => {
  const first = put({ a: 1, b: 1 }, 1);
  const removed = putOver([first], { b: 1 }, 3, 1);
  expect(merged(removed, putOver([first], { a: 1, b: 2 }, 4, 2))).toEqual({ b: 2 });
  expect(merged(removed, putOver([first], { a: 9, b: 1 }, 4, 2))).toEqual({ a: 9, b: 1 });
  expect(merged(removed, putOver([first], { a: 9, b: 1 }, 2, 2))).toEqual({ b: 1 });
});

test('a removal keeps its stamp through later puts of others', () => {
  const first = put({ a: 1, b: 1 }, 1);
  const removed = putOver([first], { b: 1 }, 3, 1);
  const after = putOver([removed], { b: 2 }, 6, 1);
  const concurrent = putOver([first], { a: 5, b: 1 }, 4, 2);
  expect(merged(after, concurrent)).toEqual({ a: 5, b: 2 });
  const early = putOver([first], { a: 5, b: 1 }, 2, 2);
  expect(merged(after, early)).toEqual({ b: 2 });
});

test('a put over a merge keeps what each field came from', () => {
  const first = put({ a: 0, b: 0, c: 0 }, 1);
  const left = putOver([first], { a: 1, b: 0, c: 0 }, 2, 1);
  const right = putOver([first], { a: 0, b: 1, c: 0 }, 3, 2);
  const joined = putOver(sorted([left, right]), { a: 1, b: 1, c: 1 }, 5, 0);
  const stamps = decodeFieldMeta(joined.meta as Uint8Array, stampOfCell(joined, origins));
  expect(stamps?.get('a')?.stamp.ms).toBe(2);
  expect(stamps?.get('b')?.stamp.ms).toBe(3);
  expect(stamps?.has('c')).toBe(false);
});

test('a put without meta counts its fields at its stamp and says nothing of others', () => {
  const before = put({ a: 1, b: 1 }, 1);
  const known = putOver([before], { a: 1, b: 2 }, 4, 1);
  expect(merged(put({ a: 7 }, 3, 2), known)).toEqual({ a: 7, b: 2 });
  expect(merged(put({ b: 7 }, 5, 2), known)).toEqual({ a: 1, b: 7 });
});

test('a first put and one that changes everything have no meta', () => {
  expect(fieldMetaOf([], put({ a: 1 }, 1), origins)).toBeUndefined();
  expect(fieldMetaOf([remove(1)], put({ a: 1 }, 2), origins)).toBeUndefined();
  expect(fieldMetaOf([put({ a: 1 }, 1)], put({ a: 2 }, 2), origins)).toBeUndefined();
  expect(fieldMetaOf([put({ a: 1 }, 1)], put('text', 2), origins)).toBeUndefined();
  expect(fieldMetaOf([put('text', 1)], put({ a: 2 }, 2), origins)).toBeUndefined();
});

test('beside a put removes do not count', () => {
  expect(merged(put({ a: 1 }, 1), remove(2, 1))).toEqual({ a: 1 });
  expect(merged(put({ a: 1 }, 1), remove(2, 1), put({ b: 1 }, 3, 2))).toEqual({ a: 1, b: 1 });
  expect(merged(remove(1), remove(2, 1))).toBeUndefined();
});

test.each<[string, Value]>([
  ['a text', 'text'],
  ['a list', [1]],
  ['null', null],
  ['a bigint', 7n],
  ['a date', new Date(0)],
  ['bytes', Uint8Array.of(1)],
])('beside %s, which is no object, the greatest put wins whole', (_, value) => {
  expect(merged(put({ a: 1 }, 1), put(value, 2, 1))).toEqual(value);
  expect(merged(put(value, 1), put({ a: 1 }, 2, 1))).toEqual({ a: 1 });
  expect(merged(put(value, 1), put({ a: 1 }, 2, 1), remove(3, 2))).toEqual({ a: 1 });
});

test('fields of every type come through, and the result is canonical', () => {
  const left = put({ when: new Date(5), big: 5n, '10': 1, a: 1 }, 1);
  const right = put({ bytes: Uint8Array.of(1, 2), '9': 2, $x: 1 }, 2, 1);
  const view = mergeFields([left, right], context);
  if (view.kind !== 'value') throw new Error(view.kind);
  const value = decodeValue(view.valueHead, view.bytes, 0, view.bytes.length, false);
  const again = new ByteWriter(64);
  expect(encodeValue(again, value, LIMITS)).toBe(view.valueHead);
  expect(again.toBytes()).toEqual(view.bytes);
  expect(value).toEqual({
    when: new Date(5),
    big: 5n,
    '10': 1,
    a: 1,
    bytes: Uint8Array.of(1, 2),
    '9': 2,
    $x: 1,
  });
});

test('what is too large together stays undecided', () => {
  const half = 'x'.repeat(600);
  const limits = { valueBytesMax: 1000, depthMax: 8 };
  const siblings = [put({ a: half }, 1), put({ b: half }, 2, 1)];
  expect(mergeFields(siblings, { ...context, limits })).toEqual({ kind: 'undecided' });
});

test('a result equal to a sibling is that sibling', () => {
  const first = put({ a: 1 }, 1);
  const later = putOver([first], { a: 1, b: 1 }, 3, 1);
  expect(mergeFields([first, later], context)).toEqual({ kind: 'greatest' });
  expect(mergeFields([put({ a: 1, b: 2 }, 2), remove(4, 1)], context)).toEqual({
    kind: 'sibling',
    index: 0,
  });
});

// Whole histories: writers that see what they have been told, and nothing else.

interface Step {
  readonly writer: number;
  readonly kind: 'put' | 'remove' | 'hear';
  readonly from: number;
  readonly value: Value;
}

const field = fc.constantFrom('a', 'b', 'c');
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 9, arbitrary: fc.dictionary(field, fc.nat({ max: 3 }), { noNullPrototype: true }) },
  { weight: 1, arbitrary: fc.constantFrom<Value>('text', null) },
);
const step: fc.Arbitrary<Step> = fc.record({
  writer: fc.nat({ max: 2 }),
  kind: fc.constantFrom('put', 'put', 'hear', 'hear', 'remove'),
  from: fc.nat({ max: 2 }),
  value,
});

/** Siblings of one key after a history in which everybody hears of everything in the end. */
function siblingsOf(steps: readonly Step[]): Cell[] {
  const seen: Set<Cell>[] = WRITERS.map(() => new Set());
  const views: Cell[][] = WRITERS.map(() => []);
  const pasts = new Map<Cell, Set<Cell>>();
  const apply = (node: number, event: Cell): void => {
    const past = pasts.get(event) as Set<Cell>;
    for (const before of past) if (!seen[node]?.has(before)) apply(node, before);
    if (seen[node]?.has(event)) return;
    seen[node]?.add(event);
    views[node] = siblingsAfter(views[node] as Cell[], event, (cell) => past.has(cell), origins);
  };
  steps.forEach(({ writer, kind, from, value: written }, index) => {
    const ms = index + 1;
    if (kind === 'hear') {
      for (const event of [...(seen[from] as Set<Cell>)]) apply(writer, event);
      return;
    }
    const event =
      kind === 'put' ? putOver(views[writer] as Cell[], written, ms, writer) : remove(ms, writer);
    pasts.set(event, new Set(seen[writer]));
    apply(writer, event);
  });
  for (const events of seen) for (const event of [...events]) apply(0, event);
  return views[0] as Cell[];
}

test('the result depends on the set of siblings alone, and is always canonical', () => {
  let conflicts = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 20 }), (steps) => {
      const siblings = siblingsOf(steps);
      if (siblings.length < 2) return;
      conflicts++;
      const view = mergeFields(siblings, context);
      // The same siblings read from another table of origins, in another process.
      expect(
        mergeFields(
          siblings.map((cell) => ({ ...cell })),
          context,
        ),
      ).toEqual(view);
      const shown = cellOfView(siblings, view);
      if (shown.kind === KIND_REMOVE) {
        expect(siblings.every(({ kind }) => kind === KIND_REMOVE)).toBe(true);
        return;
      }
      const again = new ByteWriter(64);
      encodeValue(again, valueOfCell(shown), LIMITS);
      expect(again.toBytes()).toEqual(shown.source.slice(shown.start, shown.end));
    }),
    { numRuns: 500 },
  );
  expect(conflicts).toBeGreaterThan(100);
});

test('merging twice is merging once: beside a sibling that it has seen, a put of the merge', () => {
  let tried = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 20 }), (steps) => {
      const siblings = siblingsOf(steps);
      const puts = siblings.filter(({ kind }) => kind === KIND_PUT);
      const values = puts.map(valueOfCell);
      const areObjects = values.every((one) => typeof one === 'object' && one !== null);
      if (puts.length < 2 || !areObjects) return;
      tried++;
      const value = merged(...siblings) as Value;
      const joined = putOver(siblings, value, 1000, 0);
      for (const sibling of puts) expect(merged(sibling, joined)).toEqual(value);
      expect(merged(...siblings, joined)).toEqual(value);
    }),
    { numRuns: 500 },
  );
  expect(tried).toBeGreaterThan(50);
});

// Meta as bytes

const stampOf = fc.record({
  ms: fc.integer({ min: 0, max: 1_000_000 }),
  counter: fc.nat({ max: 0xffff }),
  originSeq: fc.integer({ min: 1, max: 1_000_000 }),
  origin: fc.constantFrom(...WRITERS.map((writer) => origins.text(writer))),
});
const OWN_STAMP: Stamp = {
  ms: 2_000_000,
  counter: 0,
  originSeq: 9,
  origin: origins.text(WRITERS[0] as number),
};

test('meta comes back', () => {
  const listed = fc.uniqueArray(
    fc.record({
      name: fc.string({ unit: 'grapheme', maxLength: 12 }),
      stamp: fc.oneof(stampOf, fc.constant<'own'>('own')),
      removed: fc.boolean(),
    }),
    { selector: ({ name }) => name, minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(listed, (fields: ListedField[]) => {
      const bytes = encodeFieldMeta(fields) as Uint8Array;
      const expected = fields.map(({ name, stamp, removed }) => [
        name,
        { stamp: stamp === 'own' ? OWN_STAMP : stamp, removed },
      ]);
      expect(decodeFieldMeta(bytes, OWN_STAMP)).toEqual(new Map(expected as never));
    }),
  );
});

test('malformed meta of a stranger counts as none, and nothing throws', () => {
  const good = encodeFieldMeta([
    { name: 'a', stamp: { ...OWN_STAMP, ms: 1 }, removed: false },
    { name: 'b', stamp: 'own', removed: true },
  ]) as Uint8Array;
  expect(decodeFieldMeta(good, OWN_STAMP)?.size).toBe(2);
  for (let length = 0; length < good.length; length++) {
    expect(decodeFieldMeta(good.subarray(0, length), OWN_STAMP)).toBeUndefined();
  }
  const other = put({ a: 2, b: 2 }, 5, 1);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (meta) => {
      const stranger = put({ a: 1 }, 3, 0, meta);
      const view = mergeFields([stranger, other], context);
      expect(view).toEqual(mergeFields([stranger, other], context));
      if (decodeFieldMeta(meta, stampOfCell(stranger, origins)) !== undefined) return;
      expect(view).toEqual(mergeFields([put({ a: 1 }, 3), other], context));
    }),
  );
  expect(decodeFieldMeta(new Uint8Array(FIELD_META_BYTES_MAX + 1), OWN_STAMP)).toBeUndefined();
});

test('meta that claims the future counts as none', () => {
  const future = encodeFieldMeta([
    { name: 'a', stamp: { ...OWN_STAMP, ms: OWN_STAMP.ms + 1 }, removed: false },
  ]) as Uint8Array;
  expect(decodeFieldMeta(future, OWN_STAMP)).toBeUndefined();
  const liar = put({ a: 'lie' }, 2, 0, future);
  expect(merged(liar, put({ a: 'truth' }, 3, 1))).toEqual({ a: 'truth' });
});

test('where removals would take too much room the oldest are forgotten, fields never', () => {
  const removals: ListedField[] = Array.from({ length: 5000 }, (_, index) => ({
    name: `gone/${String(index).padStart(20, '0')}`,
    stamp: { ...OWN_STAMP, ms: index + 1 },
    removed: true,
  }));
  const kept: ListedField = { name: 'kept', stamp: { ...OWN_STAMP, ms: 1 }, removed: false };
  const bytes = encodeFieldMeta([...removals, kept]) as Uint8Array;
  expect(bytes.length).toBeLessThanOrEqual(FIELD_META_BYTES_MAX);
  const read = decodeFieldMeta(bytes, OWN_STAMP) as ReadonlyMap<string, { stamp: Stamp }>;
  expect(read.has('kept')).toBe(true);
  expect(read.has(removals.at(-1)?.name as string)).toBe(true);
  expect(read.has(removals[0]?.name as string)).toBe(false);
  const tooMany = removals.map((field) => ({ ...field, removed: false }));
  expect(encodeFieldMeta(tooMany)).toBeUndefined();
});
