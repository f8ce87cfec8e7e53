import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokenInvariant } from './assert.ts';
import { HLC_COUNTER_MAX, HLC_MS_MAX, HybridClock, isHlc } from './hlc.ts';

const step = fc.oneof(
  fc.record({
    wall: fc.oneof(fc.integer({ min: -5, max: 50 }), fc.constant(Number.NaN), fc.double()),
  }),
  fc.record({ ms: fc.nat(60), counter: fc.nat(HLC_COUNTER_MAX) }),
);

test('C1: readings only grow, whatever the wall clock and others say, and stay above all observed', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = new HybridClock();
      for (const next of steps) {
        const before = { ms: clock.ms, counter: clock.counter };
        if ('ms' in next) clock.observe(next.ms, next.counter);
        else clock.tick(next.wall);
        const grown = clock.ms - before.ms || clock.counter - before.counter;
        if ('ms' in next) expect(grown).toBeGreaterThanOrEqual(0);
        else expect(grown).toBeGreaterThan(0);
        if ('ms' in next)
          expect(clock.ms - next.ms || clock.counter - next.counter).toBeGreaterThanOrEqual(0);
        expect(isHlc(clock.ms, clock.counter)).toBe(true);
      }
    }),
  );
});

test('C4: a full counter moves the milliseconds', () => {
  const clock = new HybridClock({ ms: 10, counter: HLC_COUNTER_MAX });
  clock.tick(10);
  expect([clock.ms, clock.counter]).toEqual([11, 0]);
});

test('C2: a jump ahead is taken and flagged, the first reading never is', () => {
  const clock = new HybridClock(undefined, 1000);
  expect(clock.tick(5_000_000)).toBe(false);
  expect(clock.tick(5_001_000)).toBe(false);
  expect(clock.tick(5_002_001)).toBe(true);
  expect(clock.ms).toBe(5_002_001);
});

test('C3: a reading too far ahead of the wall is not taken', () => {
  const clock = new HybridClock({ ms: 10, counter: 0 }, 1000);
  expect(clock.observe(2000, 0, 999)).toBe(false);
  expect(clock.ms).toBe(10);
  expect(clock.observe(2000, 3, 1000)).toBe(true);
  expect([clock.ms, clock.counter]).toEqual([2000, 3]);
  expect(clock.observe(2 ** 48, 0)).toBe(false);
  expect(clock.observe(5, 70_000)).toBe(false);
});

test('the end of time is a broken invariant, never a repeated stamp', () => {
  const clock = new HybridClock({ ms: HLC_MS_MAX, counter: HLC_COUNTER_MAX - 1 });
  clock.tick(0);
  expect(() => clock.tick(0)).toThrow(BrokenInvariant);
  expect(() => new HybridClock({ ms: -1, counter: 0 })).toThrow(BrokenInvariant);
});
