import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AdastraError } from './errors.ts';
import { compareStamps, formatStamp, parseStamp, type Stamp } from './stamp.ts';

const origin = `${'0a'.repeat(16)}.${'f1'.repeat(16)}`;
const hex = fc.string({
  unit: fc.constantFrom(...'0123456789abcdef'),
  minLength: 32,
  maxLength: 32,
});
const stamp: fc.Arbitrary<Stamp> = fc.record({
  ms: fc.oneof(fc.nat(3), fc.nat(2 ** 48 - 1)),
  counter: fc.oneof(fc.nat(2), fc.nat(0xffff)),
  origin: fc.oneof(
    fc.constant(origin),
    fc.tuple(hex, hex).map(([key, incarnation]) => `${key}.${incarnation}`),
  ),
  originSeq: fc.oneof(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  ),
});

test('stamps round-trip as text', () => {
  fc.assert(
    fc.property(stamp, (value) => {
      expect(parseStamp(formatStamp(value))).toEqual(value);
    }),
  );
});

test('the order is total: antisymmetric, transitive by sorting, 0 only for the same stamp', () => {
  fc.assert(
    fc.property(stamp, stamp, (a, b) => {
      expect(Math.sign(compareStamps(a, b)) + Math.sign(compareStamps(b, a))).toBe(0);
      expect(compareStamps(a, b) === 0).toBe(formatStamp(a) === formatStamp(b));
    }),
  );
});

test('ms counts before counter, origin and originSeq', () => {
  const low: Stamp = { ms: 1, counter: 9, origin, originSeq: 9 };
  expect(compareStamps(low, { ms: 2, counter: 0, origin, originSeq: 1 })).toBeLessThan(0);
  expect(compareStamps(low, { ms: 1, counter: 10, origin, originSeq: 1 })).toBeLessThan(0);
  expect(compareStamps(low, { ...low, origin: `0b${origin.slice(2)}`, originSeq: 1 })).toBeLessThan(
    0,
  );
  expect(compareStamps(low, { ...low, originSeq: 10 })).toBeLessThan(0);
});

test.each([
  undefined,
  7,
  '',
  `1.0.1.${origin.toUpperCase()}`,
  `01.0.1.${origin}`,
  `1.0.0.${origin}`,
  `1.1ekg.1.${origin}`,
  `${(2 ** 48).toString(36)}.0.1.${origin}`,
  `1.0.zzzzzzzzzzzzz.${origin}`,
  `1.0.1.${origin}\n`,
  `1.0.1.${origin.slice(1)}`,
  `-1.0.1.${origin}`,
  `1.0.1.${origin}x`,
])('%j is no stamp', (text) => {
  try {
    parseStamp(text);
    expect.unreachable();
  } catch (error) {
    expect(AdastraError.is(error) && error.code).toBe('invalid_argument');
  }
});
