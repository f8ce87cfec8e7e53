import { describe, expect, test } from 'vitest';
import { Prng } from './prng.ts';

function take(prng: Prng, count: number): number[] {
  return Array.from({ length: count }, () => prng.u32());
}

describe('Prng', () => {
  test('the stream of a seed never changes: simulations are replayed by seed', () => {
    expect(take(new Prng(0), 4)).toMatchInlineSnapshot(`
      [
        4270301181,
        3717780726,
        2919608142,
        3745158266,
      ]
    `);
    expect(take(new Prng(2 ** 53 - 1), 4)).toMatchInlineSnapshot(`
      [
        2343292842,
        4273949323,
        2993074816,
        3138289095,
      ]
    `);
  });

  test('other seeds, other streams; the high bits of a seed count', () => {
    const streams = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 52, -1].map((seed) =>
      take(new Prng(seed), 4).join(),
    );
    expect(new Set(streams).size).toBe(streams.length);
  });

  test('below covers its range evenly enough', () => {
    const prng = new Prng(7);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const value = prng.below(10);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    expect(counts).toHaveLength(10);
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  test('chance at its ends, float below one', () => {
    const prng = new Prng(9);
    for (let i = 0; i < 1_000; i++) {
      expect(prng.chance(0)).toBe(false);
      expect(prng.chance(1)).toBe(true);
      expect(prng.float()).toBeLessThan(1);
    }
  });

  test('fill gives every byte value and the same bytes for the same seed', () => {
    const first = new Uint8Array(10_001);
    const second = new Uint8Array(10_001);
    new Prng(3).fill(first);
    new Prng(3).fill(second);
    expect(first).toEqual(second);
    expect(new Set(first).size).toBe(256);
  });

  test('a fork does not follow its parent', () => {
    const parent = new Prng(5);
    const fork = parent.fork();
    expect(take(fork, 4)).not.toEqual(take(parent, 4));
  });
});
