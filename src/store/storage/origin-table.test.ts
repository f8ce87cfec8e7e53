import { expect, test } from 'vitest';
import { OriginTable } from './origin-table.ts';

test('origins get small numbers once, and their bytes and text back', () => {
  const table = new OriginTable();
  const origins = Array.from({ length: 300 }, (_, i) => {
    const bytes = new Uint8Array(32).fill(i >>> 4);
    bytes[31] = i;
    return bytes;
  });
  expect(table.find(origins[0] as Uint8Array)).toBe(-1);
  for (const [index, origin] of origins.entries()) expect(table.indexOf(origin)).toBe(index);
  for (const [index, origin] of origins.entries()) {
    expect(table.find(origin)).toBe(index);
    expect(table.bytes(index)).toEqual(origin);
  }
  expect(table.size).toBe(300);
  expect(table.text(17)).toBe(`${'01'.repeat(16)}.${'01'.repeat(15)}11`);
  expect(table.compare(3, 2)).toBeGreaterThan(0);
  expect(table.compare(16, 15)).toBeGreaterThan(0);
  expect(table.compare(5, 5)).toBe(0);
  expect(() => table.bytes(300)).toThrow('no origin');
  expect(() => table.indexOf(new Uint8Array(31))).toThrow('32 bytes');
});
