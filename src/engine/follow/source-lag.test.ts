import { beforeEach, expect, test } from 'vitest';
import { MemoryClock } from '../../env/memory/index.ts';
import { SourceLag } from './source-lag.ts';

/** The teller's clock is behind ours by this. */
const OFFSET_MS = 700_000;
const LONG_MS = 10_000;

let clock: MemoryClock;
let lag: SourceLag;
let commitMs: number;

beforeEach(() => {
  clock = new MemoryClock();
  clock.advance(OFFSET_MS);
  lag = new SourceLag('url', clock);
  commitMs = clock.wallMs();
});

/** What was so `agoMs` ago is heard now. */
function hear(agoMs = 0): void {
  lag.told(clock.monoMs() - agoMs - OFFSET_MS);
}

function lagMs(): number {
  return lag.freshness({ seq: 5, logSeq: 5, lagCommits: 0, commitMs }).lagMs;
}

test('nothing is out of date while the source is heard and all of it is shown', () => {
  hear();
  lag.setBehind(false);
  clock.advance(1_900);
  expect(lagMs()).toBe(0);
  hear();
  clock.advance(1_900);
  expect(lagMs()).toBe(0);
});

test('before anything was heard, a state is as old as its newest commit', () => {
  clock.advance(LONG_MS);
  expect(lagMs()).toBe(LONG_MS);
  expect(lag.freshness({ seq: 0, logSeq: 0, lagCommits: 0, commitMs: 0 }).lagMs).toBe(
    clock.wallMs(),
  );
});

test('what is catching up is as old as what it shows, however new the process', () => {
  clock.advance(LONG_MS);
  hear();
  lag.setBehind(true);
  expect(lagMs()).toBe(LONG_MS);
  commitMs += 4_000;
  expect(lagMs()).toBe(LONG_MS - 4_000);
});

test('it grows from when the source was last there', () => {
  hear();
  lag.setBehind(false);
  clock.advance(1_500);
  lag.lost();
  expect(lagMs()).toBe(0);
  clock.advance(LONG_MS);
  expect(lagMs()).toBe(LONG_MS);
  commitMs = clock.wallMs() - 3_000;
  expect(lagMs()).toBe(3_000);
});

test('a process that stood still says so, and what it finds waiting is old', () => {
  hear();
  lag.setBehind(false);
  clock.advance(LONG_MS);
  expect(lagMs()).toBe(LONG_MS);
  hear(LONG_MS - 1_000);
  lag.setBehind(false);
  expect(lagMs()).toBe(LONG_MS - 1_000);
  hear(500);
  lag.setBehind(false);
  expect(lagMs()).toBe(0);
});
