import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AdastraError } from './errors.ts';
import type { Value } from './value.ts';
import { jsonOf, valueOfJson } from './value-json.ts';

const key = fc
  .oneof(fc.string(), fc.constantFrom('$date', '$object', '$x'))
  .filter((name) => name !== '__proto__');
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.constant(null), fc.boolean(), fc.string(), fc.integer()),
    fc.oneof(fc.bigInt(), fc.date({ noInvalidDate: true }), fc.uint8Array({ maxLength: 5 })),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

test('values survive the way through JSON text', () => {
  fc.assert(
    fc.property(value, (input) => {
      const json = JSON.parse(JSON.stringify(jsonOf(input as Value)));
      expect(valueOfJson(json)).toStrictEqual(input);
    }),
    { numRuns: 1000 },
  );
});

test('what is taken is given back the same: no JSON has two readings', () => {
  const snippet = fc.constantFrom('$date', '$bigint', '$bytes', '$object', '$x', 'a');
  const leaf = fc.constantFrom('1', '01', 'AA==', 'AB==', '2020-01-01T00:00:00.000Z', 7, null);
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.dictionary(snippet, tie('json'), { maxKeys: 2, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(json, (input) => {
      let taken: Value;
      try {
        taken = valueOfJson(input);
      } catch (error) {
        expect(AdastraError.is(error) && error.code).toBe('invalid_value');
        return;
      }
      expect(jsonOf(taken)).toStrictEqual(input);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  [{ a: [{ $date: '2020-01-01' }] }, '$.a[0]'],
  [{ $date: 'nonsense' }, '$'],
  [{ $date: 5 }, '$'],
  [{ a: { $bigint: '-0' } }, '$.a'],
  [{ a: { $bigint: '1.5' } }, '$.a'],
  [{ a: { $bytes: 'AA=' } }, '$.a'],
  [{ a: { $bytes: ['x'] } }, '$.a'],
  [{ a: { $unknown: 1 } }, '$.a'],
  [{ a: { $object: 1 } }, '$.a'],
  [{ a: { $object: { b: 1 } } }, '$.a'],
  [{ a: { $object: [1] } }, '$.a'],
  [JSON.parse('{"a":{"__proto__":1}}'), '$.a.__proto__'],
  [JSON.parse('[1e999]'), '$[0]'],
  [[undefined], '$[0]'],
  [[new Date(0)], '$[0]'],
  [[1n], '$[0]'],
])('%o is refused with its path', (json, path) => {
  try {
    valueOfJson(json);
    expect.unreachable();
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    expect([error.code, error.details['path']]).toEqual(['invalid_value', path]);
  }
});

test('the root of paths can be named', () => {
  expect(() => valueOfJson({ a: { $x: 1 } }, 'args.value')).toThrow('args.value.a');
});

test('jsonOf refuses what no value is', () => {
  expect(() => jsonOf(new Map() as unknown as Value)).toThrow('an instance of Map');
  expect(() => jsonOf([new Date(Number.NaN)])).toThrow('$[0] is an invalid date');
});

test('endless nesting is a limit, not a crash', () => {
  const bottomless = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;
  expect(() => valueOfJson(bottomless)).toThrow('nested more than');
  expect(() => jsonOf(bottomless as Value)).toThrow('nested more than');
});
