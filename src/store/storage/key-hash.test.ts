import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOT_ASCII, hashAscii, hashBytes } from './key-hash.ts';

test('characters and bytes hash alike; other seeds, other hashes', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.nat(), fc.nat(7), (text, seed, shift) => {
      const bytes = new TextEncoder().encode('x'.repeat(shift) + text);
      expect(hashAscii(text, seed)).toBe(hashBytes(bytes, shift, bytes.length, seed));
      expect(hashAscii(`${text}é`, seed)).toBe(NOT_ASCII);
    }),
  );
  // MurmurHash3 x86 32 of "hello" with seed 0.
  expect(hashAscii('hello', 0) >>> 0).toBe(0x248bfa47);
  expect(hashAscii('hello', 1)).not.toBe(hashAscii('hello', 0));
});
