import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, MalformedBytes, readU32, readU48 } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

const reads = ['u8', 'u16', 'u32', 'u48', 'varint', 'lengthAndText', 'lengthAndBytes'] as const;

test('over any bytes every read gives something or MalformedBytes, and stays inside its end', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.array(fc.constantFrom(...reads)),
      (bytes, plan) => {
        const reader = new ByteReader(bytes, 0, Math.floor(bytes.length / 2));
        try {
          for (const read of plan) reader[read]();
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBytes);
        }
        expect(reader.offset).toBeLessThanOrEqual(reader.end);
      },
    ),
    { numRuns: 2000 },
  );
});

test('a varint that is read is written back with the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 10 }), (bytes) => {
      const reader = new ByteReader(bytes);
      let value: number;
      try {
        value = reader.varint();
      } catch {
        return;
      }
      const writer = new ByteWriter();
      writer.varint(value);
      expect([...writer.view()]).toEqual([...bytes.subarray(0, reader.offset)]);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['above 2^53 − 1', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
  ['too long', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]],
  ['past the end', [0x80, 0x80]],
  ['not in its shortest form', [0x80, 0]],
])('a varint %s is malformed', (what, bytes) => {
  expect(() => new ByteReader(new Uint8Array(bytes)).varint()).toThrow(MalformedBytes);
  expect(() => new ByteReader(new Uint8Array(bytes)).varint()).toThrow(what);
});

test('text that is not UTF-8 is malformed; a real U+FFFD is not', () => {
  expect(() => new ByteReader(new Uint8Array([0x61, 0xff])).text(2)).toThrow('not UTF-8');
  expect(() => new ByteReader(new Uint8Array([0xed, 0xa0, 0x80])).text(3)).toThrow('not UTF-8');
  expect(new ByteReader(new TextEncoder().encode('\ufffd')).text(3)).toBe('\ufffd');
});

test('bytes is a copy and view is not, also over a Buffer', () => {
  const source = Buffer.from([1, 2, 3]);
  const copy = new ByteReader(source).bytes(2);
  const view = new ByteReader(source).view(2);
  source[0] = 9;
  expect([...copy]).toEqual([1, 2]);
  expect([...view]).toEqual([9, 2]);
});

test('skip, remaining and finish know the end', () => {
  const reader = new ByteReader(new Uint8Array(4), 1, 3);
  expect(reader.remaining).toBe(2);
  expect(() => reader.skip(3)).toThrow(MalformedBytes);
  expect(() => reader.finish()).toThrow('2 bytes too many');
  expect(reader.skip(2)).toBe(1);
  reader.finish();
  reader.rewind(new Uint8Array([7]), 0, 1);
  expect(reader.u8()).toBe(7);
});

test('readU32 and readU48 are unsigned', () => {
  const bytes = new Uint8Array(6).fill(0xff);
  expect(readU32(bytes, 0)).toBe(2 ** 32 - 1);
  expect(readU48(bytes, 0)).toBe(2 ** 48 - 1);
});
