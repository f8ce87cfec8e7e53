import { expect, test } from 'vitest';
import { AdastraError } from '../core/index.ts';
import { memberNamed } from './member-name.ts';

const MEMBERS = [
  { fingerprint: 'aaaa0000'.padEnd(32, '0'), nodeId: 'till-1' },
  { fingerprint: 'aaaa1111'.padEnd(32, '0'), nodeId: 'till-2' },
  { fingerprint: 'bbbb0000'.padEnd(32, '0'), nodeId: 'till-2' },
  { fingerprint: 'cccc0000'.padEnd(32, '0'), nodeId: 'aaaa' },
];

function codeFor(name: string): string {
  try {
    return memberNamed(MEMBERS, name).fingerprint.slice(0, 8);
  } catch (error) {
    if (AdastraError.is(error)) return error.code;
    throw error;
  }
}

test('a member is named by its nodeId or the beginning of its fingerprint', () => {
  expect(codeFor('till-1')).toBe('aaaa0000');
  expect(codeFor('aaaa1')).toBe('aaaa1111');
  expect(codeFor('b'.repeat(4))).toBe('bbbb0000');
  expect(codeFor(MEMBERS[0]?.fingerprint ?? '')).toBe('aaaa0000');
});

test('what fits nobody or several is refused', () => {
  expect(codeFor('till-3')).toBe('peer_unknown');
  expect(codeFor('')).toBe('peer_unknown');
  expect(codeFor('bbb')).toBe('peer_unknown');
  expect(codeFor('till-2')).toBe('peer_ambiguous');
  // The nodeId of one is the beginning of the fingerprints of others.
  expect(codeFor('aaaa')).toBe('peer_ambiguous');
});
