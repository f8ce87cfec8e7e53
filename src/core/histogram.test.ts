/** Histograms: inclusive upper bounds, and sums that agree with what was noted. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Histogram } from './histogram.ts';

it('counts a value in the first range whose bound it does not exceed', () => {
  const histogram = new Histogram([1, 2, 5]);
  for (const value of [0, 1, 1.5, 2, 5, 5.1]) histogram.note(value);
  histogram.note(3, 4);
  expect(histogram.read()).toEqual({
    bounds: [1, 2, 5],
    counts: [2, 2, 5, 1],
    sum: 14.6 + 12,
    count: 10,
  });
});

it('loses none and puts each where it belongs', () => {
  const values = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 5 })),
  );
  fc.assert(
    fc.property(values, (noted) => {
      const histogram = new Histogram([3, 10, 30]);
      for (const [value, times] of noted) histogram.note(value, times);
      const { counts, sum, count } = histogram.read();
      const all = noted.flatMap(([value, times]) => Array.from({ length: times }, () => value));
      const within = (low: number, high: number) =>
        all.filter((value) => value > low && value <= high).length;
      expect(counts).toEqual([within(-1, 3), within(3, 10), within(10, 30), within(30, 99)]);
      expect([sum, count]).toEqual([all.reduce((total, value) => total + value, 0), all.length]);
    }),
  );
});

it('refuses bounds that do not ascend', () => {
  for (const bounds of [[], [1, 1], [2, 1], [1, Number.POSITIVE_INFINITY]]) {
    expect(() => new Histogram(bounds)).toThrow('bounds');
  }
});
