import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys, type Value } from '../core/index.ts';
import { sortText } from './sort-text.ts';

const KINDS = ['missing', 'null', 'false', 'true', 'number', 'bigint', 'date', 'text', 'bytes'];

function kindOf(value: Value | undefined): number {
  if (value === undefined) return 0;
  if (value === null) return 1;
  if (typeof value === 'boolean') return value ? 3 : 2;
  if (typeof value === 'string') return KINDS.indexOf('text');
  if (value instanceof Date) return KINDS.indexOf('date');
  if (value instanceof Uint8Array) return KINDS.indexOf('bytes');
  if (Array.isArray(value)) return KINDS.length;
  return typeof value === 'object' ? KINDS.length + 1 : KINDS.indexOf(typeof value);
}

/** The documented order, told another way. */
function compare(left: Value | undefined, right: Value | undefined): number {
  const kinds = kindOf(left) - kindOf(right);
  if (kinds !== 0) return kinds;
  if (typeof left === 'string') return compareKeys(left, right as string);
  if (Array.isArray(left)) return compareLists(left, right as Value[]);
  if (left instanceof Uint8Array) return compareLists([...left], [...(right as Uint8Array)]);
  if (left instanceof Date) return left.getTime() - (right as Date).getTime();
  if (typeof left === 'object' && left !== null) {
    return compareLists(Object.entries(left).flat(), Object.entries(right as object).flat());
  }
  const [a, b] = [left as number, right as number];
  return a < b ? -1 : Number(a > b);
}

function compareLists(
  left: readonly (Value | undefined)[],
  right: readonly (Value | undefined)[],
): number {
  for (const [index, item] of left.entries()) {
    if (index === right.length) return 1;
    const order = compare(item, right[index]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.string({
    unit: fc.constantFrom('\u0000', 'a', '\uffff', '\ue000', '\u{1f600}', '\u{10ffff}'),
  }),
);
const scalar = fc.oneof(
  fc.constantFrom(undefined, null, true, false),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.bigInt(),
  fc.bigInt({ min: -20n, max: 20n }),
  fc.date({ noInvalidDate: true }),
  text,
  fc.uint8Array({ maxLength: 3 }),
);
const value = fc.oneof(
  scalar,
  fc.array(
    scalar.filter((item) => item !== undefined),
    { maxLength: 3 },
  ),
  fc.dictionary(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 2 })),
) as fc.Arbitrary<Value | undefined>;

test('texts order lists of values as documented', () => {
  const values = fc.array(value, { maxLength: 3 });
  fc.assert(
    fc.property(values, values, (left, right) => {
      const [a, b] = [sortText(left), sortText(right)];
      expect(Math.sign(compareLists(left, right))).toBe(a < b ? -1 : Number(a > b));
    }),
    { numRuns: 5000 },
  );
});

test('each kind stands whole before the next', () => {
  const bytes = new Uint8Array([255]);
  const ascending: (Value | undefined)[] = [
    undefined,
    null,
    false,
    true,
    -Number.MAX_VALUE,
    -1,
    -Number.MIN_VALUE,
    0,
    5e-324,
    1,
    2,
    10,
    -(10n ** 30n),
    -16n,
    -15n,
    -1n,
    0n,
    1n,
    15n,
    16n,
    10n ** 30n,
    new Date(-1),
    new Date(0),
    new Date(1),
    '',
    '\u0000',
    '\u0000a',
    'A',
    'a',
    'a\u0000',
    'aa',
    'ä',
    '\uffff',
    '\u{1f600}',
    new Uint8Array(),
    new Uint8Array([0]),
    bytes,
    [],
    [null],
    [0],
    [0, 0],
    ['a'],
    {},
    { a: 0 },
    { a: 1 },
    { b: 0 },
  ];
  const texts = ascending.map((one) => sortText([one]));
  expect(texts.toSorted()).toEqual(texts);
  expect(new Set(texts).size).toBe(texts.length);
  expect(sortText([-0])).toBe(sortText([0]));
});
