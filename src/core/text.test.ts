import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  allocateBytes,
  isWellFormed,
  readUtf8,
  utf8Length,
  utf8LengthMax,
  writeUtf8,
} from './text.ts';

const wellFormed = fc.string({ unit: 'binary', maxLength: 80 });

test('text round-trips through buffers and plain arrays, and utf8Length agrees with what is written', () => {
  fc.assert(
    fc.property(wellFormed, fc.nat(9), fc.boolean(), (text, offset, plain) => {
      const size = offset + utf8LengthMax(text);
      const target = plain ? new Uint8Array(size) : allocateBytes(size);
      const written = writeUtf8(target, offset, text);
      expect(written).toBe(utf8Length(text));
      expect([...target.subarray(offset, offset + written)]).toEqual([
        ...new TextEncoder().encode(text),
      ]);
      expect(readUtf8(target, offset, offset + written)).toBe(text);
    }),
  );
});

test('ascii reading gives the same text where every byte is below 0x80', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      const bytes = new TextEncoder().encode(text);
      expect(readUtf8(bytes, 0, bytes.length, true)).toBe(text);
    }),
  );
});

test('a byte order mark is text like any other', () => {
  const bytes = new TextEncoder().encode('\ufeffa');
  expect(readUtf8(bytes, 0, bytes.length)).toBe('\ufeffa');
});

test('isWellFormed sees a lone surrogate', () => {
  expect(isWellFormed('a😀')).toBe(true);
  expect(isWellFormed('a\ud83d')).toBe(false);
  expect(isWellFormed('\ude00\ud83d')).toBe(false);
});
