import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from './byte-writer.ts';
import { writeAscii, writeJsonNumber, writeJsonString } from './value-text.ts';

function written(write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter(1);
  write(writer);
  return Buffer.from(writer.toBytes()).toString();
}

const tricky = fc.string({
  unit: fc.constantFrom('a', '"', '\\', '\u0000', '\u001f', '\u007f', 'é', '\u2028', '😀', '\n'),
  maxLength: 70,
});

test('strings are written as JSON.stringify writes them, short and long', () => {
  fc.assert(
    fc.property(fc.oneof(tricky, fc.string({ unit: 'binary', maxLength: 100 })), (text) => {
      expect(written((writer) => writeJsonString(writer, text))).toBe(JSON.stringify(text));
    }),
    { numRuns: 1000 },
  );
});

test('a lone surrogate writes nothing, short or long', () => {
  const writer = new ByteWriter();
  for (const text of ['\ud800', 'a\udfff', `${'x'.repeat(60)}\ud800`, `"${'x'.repeat(60)}\udc00`]) {
    expect(writeJsonString(writer, text)).toBe(false);
    expect(writer.length).toBe(0);
  }
});

test('numbers are written as JSON.stringify writes them', () => {
  const edge = fc.constantFrom(
    0,
    -0,
    9,
    10,
    99,
    100,
    2 ** 31 - 1,
    2 ** 31,
    -1,
    -(2 ** 31),
    1e21,
    1e-7,
    5e-324,
  );
  const number = fc.oneof(edge, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
  fc.assert(
    fc.property(number, (value) => {
      expect(written((writer) => writeJsonNumber(writer, value))).toBe(JSON.stringify(value));
    }),
    { numRuns: 1000 },
  );
});

test('ASCII is written as it is', () => {
  expect(written((writer) => writeAscii(writer, '{"$date":'))).toBe('{"$date":');
});
