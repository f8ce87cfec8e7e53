import { describe, expect, test } from 'vitest';
import { parseAddress, addressText } from './address.ts';
import { AttemptRate } from './attempt-rate.ts';
import { ControlRate } from './control-rate.ts';
import { commonVersion } from './protocol.ts';
import { Pulse } from './pulse.ts';
import { RefusalCount } from './refusal-count.ts';

describe('pulse', () => {
  test('round trip and offset: the quickest of the last eight says most', () => {
    const pulse = new Pulse(3);
    expect([pulse.roundTripMs, pulse.clockOffsetMs]).toEqual([undefined, undefined]);
    const id = pulse.sent({ wallMs: 1000, monoMs: 50 });
    expect(pulse.answered(id, 6010, { wallMs: 1020, monoMs: 70 })).toBe(true);
    expect([pulse.roundTripMs, pulse.clockOffsetMs]).toEqual([20, 5000]);
    const slow = pulse.sent({ wallMs: 2000, monoMs: 1050 });
    pulse.answered(slow, 7400, { wallMs: 2500, monoMs: 1550 });
    expect([pulse.roundTripMs, pulse.clockOffsetMs]).toEqual([500, 5000]);
    for (let count = 0; count < 8; count++) {
      const later = pulse.sent({ wallMs: 3000, monoMs: 2000 });
      pulse.answered(later, 4100, { wallMs: 3200, monoMs: 2200 });
    }
    expect(pulse.clockOffsetMs).toBe(1000);
  });

  test('three silent pings are idle, six unanswered ones slow', () => {
    const pulse = new Pulse(3);
    const ping = (): number => pulse.sent({ wallMs: 0, monoMs: 0 });
    for (let count = 0; count < 3; count++) {
      expect(pulse.verdict()).toBe('ping');
      ping();
    }
    expect(pulse.verdict()).toBe('idle');
    pulse.heard();
    for (let count = 3; count < 6; count++) {
      expect(pulse.verdict()).toBe('ping');
      ping();
      pulse.heard();
    }
    expect(pulse.verdict()).toBe('slow');
    pulse.forgive();
    expect(pulse.verdict()).toBe('ping');
  });

  test('an answer to no ping is told, a late or second one is not', () => {
    const pulse = new Pulse(3);
    const now = { wallMs: 0, monoMs: 0 };
    expect(pulse.answered(1, 0, now)).toBe(false);
    for (let count = 0; count < 100; count++) pulse.sent(now);
    expect(pulse.answered(101, 0, now)).toBe(false);
    expect(pulse.answered(0, 0, now)).toBe(false);
    expect(pulse.answered(1, 0, now)).toBe(true);
    expect(pulse.roundTripMs).toBe(undefined);
    expect(pulse.answered(100, 0, now)).toBe(true);
    expect(pulse.roundTripMs).toBe(0);
  });
});

test('control messages: a burst, then so many a second', () => {
  const rate = new ControlRate(10, 5);
  const taken = (atMs: number): number => {
    let count = 0;
    while (rate.take(atMs)) count += 1;
    return count;
  };
  expect(taken(0)).toBe(5);
  expect(taken(99)).toBe(0);
  expect(taken(300)).toBe(3);
  expect(taken(1_000_000)).toBe(5);
});

test('attempts: in total and from one address, within a minute', () => {
  const rate = new AttemptRate(3, 2);
  expect([rate.take('a', 0), rate.take('a', 1), rate.take('a', 2)]).toEqual([true, true, false]);
  expect([rate.take('b', 3), rate.take('c', 4)]).toEqual([true, false]);
  expect(rate.take('a', 59_999)).toBe(false);
  expect(rate.take('a', 60_000)).toBe(true);
});

test('reasons are counted, and the number of reasons is bounded', () => {
  const count = new RefusalCount();
  for (let reason = 0; reason < 1000; reason++) count.add(`reason ${reason}`);
  count.add('reason 1');
  const record = count.toRecord();
  expect(Object.keys(record)).toHaveLength(64);
  expect(record['reason 1']).toBe(2);
  expect(record['other']).toBe(1000 - 63);
});

test('the version that both speak', () => {
  expect(commonVersion({ min: 1, max: 3 }, { min: 2, max: 5 })).toBe(3);
  expect(commonVersion({ min: 1, max: 3 }, { min: 3, max: 3 })).toBe(3);
  expect(commonVersion({ min: 1, max: 3 }, { min: 4, max: 5 })).toBe(undefined);
  expect(commonVersion({ min: 4, max: 5 }, { min: 1, max: 3 })).toBe(undefined);
});

describe('addresses', () => {
  test.each([
    ['node.local:4747', 'node.local', 4747],
    ['192.168.1.7:1', '192.168.1.7', 1],
    ['[fe80::1%eth0]:65535', 'fe80::1%eth0', 65_535],
  ])('%s', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
    expect(addressText({ host, port })).toBe(text);
  });

  test.each([
    ['', 'invalid_host'],
    [':80', 'invalid_host'],
    ['a b:80', 'invalid_host'],
    ['http://a:80', 'invalid_host'],
    ['::1:80', 'invalid_port'],
    [`${'x'.repeat(254)}:80`, 'invalid_host'],
    ['a', 'invalid_port'],
    ['a:', 'invalid_port'],
    ['a:0', 'invalid_port'],
    ['a:65536', 'invalid_port'],
    ['a:-1', 'invalid_port'],
    ['a:8e1', 'invalid_port'],
  ])('%j is %s', (text, code) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code }));
  });
});
