import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AdastraError } from './errors.ts';
import { checkKey, compareKeys, isReservedKey } from './key.ts';

const text = fc.string({ unit: 'binary', maxLength: 6 });
const edge = fc.string({
  unit: fc.constantFrom('a', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'),
  maxLength: 4,
});

test('keys are ordered as their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.oneof(text, edge), fc.oneof(text, edge), (a, b) => {
      const oracle = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareKeys(a, b))).toBe(oracle);
    }),
    { numRuns: 3000 },
  );
});

test('a good key gives its UTF-8 length', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (key) => {
      expect(checkKey(key)).toBe(Buffer.byteLength(key));
    }),
  );
});

test('the limit counts bytes, not units', () => {
  expect(checkKey('é'.repeat(512))).toBe(1024);
  expect(() => checkKey('é'.repeat(513))).toThrow('1026 bytes');
  expect(checkKey('a'.repeat(1024))).toBe(1024);
  expect(() => checkKey('a'.repeat(1025))).toThrow('the limit is 1024');
  expect(() => checkKey('abc', 2)).toThrow('the limit is 2');
});

test.each([
  [undefined, 'undefined'],
  [null, 'null'],
  [7, 'number'],
  ['', 'empty'],
  ['a\ud800', 'lone surrogate'],
  ['\udc00b', 'lone surrogate'],
])('%j is refused', (key, what) => {
  try {
    checkKey(key);
    expect.unreachable();
  } catch (error) {
    expect(AdastraError.is(error) && error.code).toBe('invalid_key');
    expect((error as Error).message).toContain(what);
  }
});

test('keys that begin with $ are reserved', () => {
  expect(isReservedKey('$world/level')).toBe(true);
  expect(isReservedKey('a$')).toBe(false);
  expect(isReservedKey('')).toBe(false);
});
