import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { utf8Length } from './text.ts';

const item = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant('u16' as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.nat(0xffff_ffff) }),
  fc.record({ kind: fc.constant('u48' as const), value: fc.nat(2 ** 48 - 1) }),
  fc.record({ kind: fc.constant('varint' as const), value: fc.nat(Number.MAX_SAFE_INTEGER) }),
  fc.record({
    kind: fc.constant('text' as const),
    value: fc.string({ unit: 'binary', maxLength: 200 }),
  }),
  fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 200 }) }),
);

test('whatever is written is read back, from a writer that has to grow', () => {
  fc.assert(
    fc.property(fc.array(item), (items) => {
      const writer = new ByteWriter(1);
      for (const { kind, value } of items) {
        if (kind === 'text') writer.lengthAndText(value);
        else if (kind === 'bytes') writer.lengthAndBytes(value);
        else writer[kind](value);
      }
      const reader = new ByteReader(writer.toBytes());
      for (const { kind, value } of items) {
        if (kind === 'text') expect(reader.lengthAndText()).toBe(value);
        else if (kind === 'bytes') expect(reader.lengthAndBytes()).toEqual(value);
        else expect(reader[kind]()).toBe(value);
      }
      reader.finish();
    }),
  );
});

test.each([
  [0, [0]],
  [127, [0x7f]],
  [128, [0x80, 1]],
  [2 ** 31, [0x80, 0x80, 0x80, 0x80, 8]],
  [Number.MAX_SAFE_INTEGER, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
])('the varint of %d', (value, bytes) => {
  const writer = new ByteWriter(1);
  writer.varint(value);
  expect([...writer.view()]).toEqual(bytes);
});

test('integers are little-endian', () => {
  const writer = new ByteWriter();
  writer.u16(0x0102);
  writer.u32(0xfffefdfc);
  writer.u48(0x0605_0403_0201);
  expect([...writer.view()]).toEqual([2, 1, 0xfc, 0xfd, 0xfe, 0xff, 1, 2, 3, 4, 5, 6]);
});

test('the length before a text is its shortest varint on both sides of 128 bytes', () => {
  for (const text of ['a'.repeat(127), 'a'.repeat(128), 'é'.repeat(63), 'é'.repeat(64)]) {
    const writer = new ByteWriter(1);
    writer.lengthAndText(text);
    expect(writer.length).toBe(utf8Length(text) + (utf8Length(text) < 128 ? 1 : 2));
  }
});

test('toBytes is a copy: later writes leave it alone', () => {
  const writer = new ByteWriter();
  writer.u8(1);
  const bytes = writer.toBytes();
  writer.reset();
  writer.u8(2);
  expect(bytes).toEqual(new Uint8Array([1]));
});

test('shrink gives memory back only when nothing is written', () => {
  const writer = new ByteWriter(16);
  writer.bytes(new Uint8Array(1000));
  writer.shrink(16);
  expect(writer.buffer.length).toBeGreaterThanOrEqual(1000);
  writer.reset();
  writer.shrink(16);
  expect(writer.buffer.length).toBe(16);
});
