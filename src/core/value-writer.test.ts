import { expect, test } from 'vitest';
import { ByteWriter } from './byte-writer.ts';
import { AdastraError } from './errors.ts';
import { ValueWriter } from './value-writer.ts';

const LIMITS = { valueBytesMax: 10_000, depthMax: 64 };
const walker = new ValueWriter();

function textOf(value: unknown): string {
  const writer = new ByteWriter();
  walker.write(writer, value, LIMITS);
  return Buffer.from(writer.toBytes()).toString();
}

test.each([
  [{ b: 1, a: { d: 1, c: undefined } }, '{"a":{"d":1},"b":1}'],
  [{ 10: 'x', 9: 'y', a: 1 }, '{"10":"x","9":"y","a":1}'],
  [{ '\uffff': 1, '😀': 2 }, '{"\uffff":1,"😀":2}'],
  [{ '😀': 2, '\uffff': 1 }, '{"\uffff":1,"😀":2}'],
  [Object.assign(Object.create(null), { z: -0 }), '{"z":0}'],
  [[true, false, null], '[true,false,null]'],
  [{ $a: 1, b: undefined }, '{"$object":{"$a":1}}'],
  [{ $a: 1, b: 2 }, '{"$a":1,"b":2}'],
  [{ $object: { $a: 1 } }, '{"$object":{"$object":{"$object":{"$a":1}}}}'],
  [{ a: Buffer.from([1]) }, '{"a":{"$bytes":"AQ=="}}'],
  [{ a: new Uint8Array([0, 1, 2]).subarray(1, 2) }, '{"a":{"$bytes":"AQ=="}}'],
  [{ a: new Date(0), b: 5n }, '{"a":{"$date":"1970-01-01T00:00:00.000Z"},"b":{"$bigint":"5"}}'],
])('a value becomes canonical text (%#)', (value, text) => expect(textOf(value)).toBe(text));

test('more keys than insertion sort takes are in order too', () => {
  const keys = Array.from({ length: 40 }, (_, index) => `k${(index * 7) % 40}`);
  const parsed = textOf(Object.fromEntries(keys.map((key) => [key, 1])));
  expect([...parsed.matchAll(/"(k\d+)"/g)].map((match) => match[1])).toEqual([...keys].sort());
});

test('tagged tells of the last value only', () => {
  textOf([1n]);
  expect(walker.tagged).toBe(true);
  textOf([1]);
  expect(walker.tagged).toBe(false);
});

class Point {
  readonly x = 1;
}
class OwnList extends Array {}
class OwnDate extends Date {}
// biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
const hole = [1, , 3];
const cycle: Record<string, unknown> = { name: 'x' };
cycle['items'] = [{ back: cycle }];

test.each([
  ['undefined', undefined, '$'],
  ['undefined in a list', { a: [1, undefined] }, '$.a[1]'],
  ['a hole', { a: hole }, '$.a[1]'],
  ['NaN', { items: [0, 1, 2, { price: Number.NaN }] }, '$.items[3].price'],
  ['Infinity', [Number.POSITIVE_INFINITY], '$[0]'],
  ['a class instance', { p: new Point() }, '$.p'],
  ['a Map', { m: new Map() }, '$.m'],
  ['a Set', new Set(), '$'],
  ['a RegExp', [/x/], '$[0]'],
  ['an Error', { e: new Error('x') }, '$.e'],
  ['a function', { f: () => 1 }, '$.f'],
  ['a toJSON function', { toJSON: () => 1 }, '$.toJSON'],
  ['a symbol', [[Symbol('x')]], '$[0][0]'],
  ['a boxed number', { n: Object(1) }, '$.n'],
  ['a boxed string', { s: Object('s') }, '$.s'],
  ['a boxed bigint', { s: Object(1n) }, '$.s'],
  ['another typed array', { t: new Float64Array(1) }, '$.t'],
  ['an ArrayBuffer', { t: new ArrayBuffer(1) }, '$.t'],
  ['a DataView', { t: new DataView(new ArrayBuffer(1)) }, '$.t'],
  ['a kind of list', { t: new OwnList() }, '$.t'],
  ['a kind of date', { t: new OwnDate(0) }, '$.t'],
  ['an invalid date', { d: [new Date(Number.NaN)] }, '$.d[0]'],
  ['a false date', { d: Object.create(Date.prototype) }, '$.d'],
  ['false bytes', { d: Object.create(Uint8Array.prototype) }, '$.d'],
  ['a lone surrogate', { a: { b: 'x\ud800' } }, '$.a.b'],
  ['a long lone surrogate', { a: `${'x'.repeat(99)}\udc00` }, '$.a'],
  ['a lone surrogate in a key', { a: { 'k\ud800': 1 } }, '$.a["k\\ud800"]'],
  ['a __proto__ key', { a: JSON.parse('{"__proto__":{"x":1}}') }, '$.a.__proto__'],
  ['a cycle', cycle, '$.items[0].back'],
])('%s is refused with its path', (_, value, path) => {
  try {
    textOf(value);
    expect.unreachable();
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    expect(error.code).toBe('invalid_value');
    expect(error.details['path']).toBe(path);
    expect(error.message).toContain(path);
  }
});

test('a cycle is called one', () => expect(() => textOf(cycle)).toThrow('contains itself'));

test('a property is read once', () => {
  let reads = 0;
  const value = {
    z: 1,
    get a(): number {
      return ++reads;
    },
  };
  expect(textOf(value)).toBe('{"a":1,"z":1}');
});

test('what grows without end by sharing is stopped by its bytes', () => {
  let wide: unknown = ['x'];
  for (let index = 0; index < 60; index++) wide = [wide, wide];
  expect(() => textOf(wide)).toThrow('the limit is 10000');
});
