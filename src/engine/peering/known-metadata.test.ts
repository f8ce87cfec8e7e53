import { expect, test } from 'vitest';
import { KnownMetadata } from './known-metadata.ts';
import { isWorthLogging } from './log-rate.ts';

const ADA = 'aa'.repeat(16);
const SAID = {
  nodeId: 'till-1',
  displayName: '\u001b[2Jthe \u202etill',
  hostname: 'h'.repeat(1000),
  platform: 'linux',
  version: '1',
  capabilities: ['sync\u0007'],
  startedAtMs: 1,
  uptimeMs: 2,
};

test('what a member says of itself is cut and cleaned before it is shown', () => {
  const known = new KnownMetadata();
  expect(known.nameOf(ADA)).toBe('aaaaaaaa');
  expect(known.take(ADA, SAID)).toBe(true);
  const { displayName, hostname, capabilities } = known.of(ADA) ?? SAID;
  expect([displayName, hostname.length, capabilities]).toEqual(['[2Jthe till', 128, ['sync']]);
  expect(known.nameOf(ADA)).toBe('till-1');
  expect(known.take(ADA, { ...SAID, nodeId: 'till\u001b[1m' })).toBe(false);
  expect(known.nameOf(ADA)).toBe('till-1');
});

test('a flood fills no log', () => {
  const told = Array.from({ length: 5000 }, (_, index) => index + 1).filter(isWorthLogging);
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100, 1000]);
});
