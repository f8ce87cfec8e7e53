import { expect, test } from 'vitest';
import { copyBytes, equalRun, isAsciiBytes } from './byte-run.ts';

test('a copy is a plain array of its own, also from a Buffer', () => {
  const source = Buffer.from([1, 2, 3, 4]);
  const copy = copyBytes(source, 1, 3);
  source.fill(9);
  expect(copy).toEqual(new Uint8Array([2, 3]));
  expect(copy.constructor).toBe(Uint8Array);
  expect(copy.buffer.byteLength).toBe(2);
});

test('isAsciiBytes looks at its range only', () => {
  const source = new Uint8Array([0x80, 0x7f, 0x00, 0x80]);
  expect(isAsciiBytes(source, 1, 3)).toBe(true);
  expect(isAsciiBytes(source, 1, 4)).toBe(false);
  expect(isAsciiBytes(source, 0, 3)).toBe(false);
  expect(isAsciiBytes(source, 2, 2)).toBe(true);
});

test('equalRun compares length and content', () => {
  const source = new Uint8Array([0, 1, 2, 3]);
  expect(equalRun(source, 1, 3, new Uint8Array([1, 2]))).toBe(true);
  expect(equalRun(source, 1, 3, new Uint8Array([1, 2, 3]), 2)).toBe(true);
  expect(equalRun(source, 1, 3, new Uint8Array([1, 3]))).toBe(false);
  expect(equalRun(source, 1, 3, new Uint8Array([1]))).toBe(false);
});
