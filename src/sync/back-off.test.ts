import { expect, test } from 'vitest';
import { Prng } from '../core/index.ts';
import { BackOff } from './back-off.ts';

test('the limit doubles up to the cap, each wait is drawn from all of it', () => {
  const backOff = new BackOff(new Prng(1), { baseMs: 100, maxMs: 1000 });
  const limits: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    limits.push(backOff.limitMs);
    const limit = backOff.limitMs;
    const waitMs = backOff.fail();
    expect(waitMs).toBeGreaterThanOrEqual(0);
    expect(waitMs).toBeLessThan(limit);
  }
  expect(limits).toEqual([100, 200, 400, 800, 1000, 1000, 1000, 1000]);
  backOff.succeed();
  expect([backOff.failures, backOff.limitMs]).toEqual([0, 100]);
});

test('full jitter: waits fall everywhere below the limit', () => {
  const prng = new Prng(2);
  const quarters = [0, 0, 0, 0];
  for (let run = 0; run < 400; run++) {
    const waitMs = new BackOff(prng, { baseMs: 100, maxMs: 1000 }).fail();
    quarters[Math.floor(waitMs / 25)] = (quarters[Math.floor(waitMs / 25)] ?? 0) + 1;
  }
  for (const count of quarters) expect(count).toBeGreaterThan(60);
});

test('after any number of failures there is a next wait', () => {
  const backOff = new BackOff(new Prng(3), { baseMs: 100, maxMs: 60_000 });
  for (let attempt = 0; attempt < 5000; attempt++) backOff.fail();
  expect(backOff.limitMs).toBe(60_000);
  expect(backOff.fail()).toBeLessThan(60_000);
});
