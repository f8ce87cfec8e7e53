import * as zlib from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32 } from './crc32.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('crc32', () => {
  test('known answers', () => {
    expect(crc32(new Uint8Array(0))).toBe(0);
    expect(crc32(ascii('123456789'))).toBe(0xcbf43926);
    expect(crc32(ascii('The quick brown fox jumps over the lazy dog'))).toBe(0x414fa339);
    expect(crc32(new Uint8Array(32))).toBe(0x190a55ad);
    expect(crc32(new Uint8Array(32).fill(0xff))).toBe(0xff6cab0b);
  });

  test('equals zlib at any length, alignment and seed', () => {
    const data = fc.uint8Array({ maxLength: 100 });
    const offset = fc.nat(7);
    const seed = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(data, offset, seed, (bytes, skip, start) => {
        const view = bytes.subarray(Math.min(skip, bytes.length));
        // zlib forgets the seed when an empty array has no memory behind it.
        const expected = view.length === 0 ? start : zlib.crc32(view, start);
        return crc32(view, start) === expected;
      }),
      { numRuns: 2_000 },
    );
  });

  test('continues from the sum of the first part', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (first, second) => {
        const whole = new Uint8Array([...first, ...second]);
        return crc32(second, crc32(first)) === crc32(whole);
      }),
    );
  });

  test('a flipped bit always changes the sum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (bytes, pick) => {
        const before = crc32(bytes);
        const bit = pick % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        return crc32(bytes) !== before;
      }),
    );
  });
});
