/** What a node says of itself, and what it shows of what others said. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MalformedBytes, type NodeMetadata } from '../core/index.ts';
import { checkMetadata, NodeDescription } from './index.ts';

const GOOD: NodeMetadata = {
  nodeId: 'till-1',
  displayName: 'Till by the door',
  hostname: 'till',
  platform: 'linux',
  version: '0.1.0',
  capabilities: ['core', 'sync'],
  startedAtMs: 1_767_225_600_000,
  uptimeMs: 12_000,
};

function describeNode(): {
  node: NodeDescription;
  machine: { hostname: string; platform: string };
} {
  const machine = { hostname: 'old-name', platform: 'linux' };
  const node = new NodeDescription({
    nodeId: 'till-1',
    fingerprint: 'ab'.repeat(16),
    version: '0.1.0',
    started: { wall: 1_000_000.4, mono: 50 },
    capabilities: () => ['core'],
    host: () => ({ ...machine }),
  });
  return { node, machine };
}

it('counts uptime on the monotonic clock and never below zero', () => {
  const { node } = describeNode();
  expect(node.snapshot({ mono: 1_050 })).toMatchObject({
    uptimeMs: 1_000,
    startedAtMs: 1_000_000,
    displayName: 'till-1',
    fingerprint: 'ab'.repeat(16),
  });
  expect(node.snapshot({ mono: 0 }).uptimeMs).toBe(0);
});

it('sees a changed host name at a refresh and not before', () => {
  const { node, machine } = describeNode();
  machine.hostname = 'new-name';
  expect(node.snapshot({ mono: 60 }).hostname).toBe('old-name');
  expect(node.refresh({ mono: 60 }).hostname).toBe('new-name');
  expect(node.snapshot({ mono: 70 }).hostname).toBe('new-name');
});

it('takes good metadata as it is and drops what it does not know', () => {
  expect(checkMetadata({ ...GOOD, more: 'x', __proto__: null })).toEqual(GOOD);
});

it('shows nothing that a terminal or a reader would be misled by', () => {
  const displayName = 'a\u001b[31mb\r\nc\u202egnp\u200bd\u0000\u009b\ud800 \u{e0041}é👩‍🚀';
  expect(checkMetadata({ ...GOOD, displayName }).displayName).toBe('a[31mbcgnpd é👩‍🚀');
  expect(checkMetadata({ ...GOOD, displayName: '\u0007\n' }).displayName).toBe('till-1');
});

it('cuts what is too long, never inside a character', () => {
  const shown = checkMetadata({
    ...GOOD,
    hostname: '👩'.repeat(10_000),
    capabilities: Array.from({ length: 1_000 }, () => 'x'.repeat(1_000)),
  });
  expect(shown.hostname).toBe('👩'.repeat(128));
  expect(shown.capabilities.length).toBe(64);
  expect(shown.capabilities[0]).toBe('x'.repeat(64));
});

it('refuses what is no metadata with MalformedBytes and nothing else', () => {
  for (const [name, value] of [
    ['nodeId', 'a\u001bb'],
    ['nodeId', ''],
    ['hostname', 7],
    ['capabilities', 'core'],
    ['capabilities', [1]],
    ['uptimeMs', Number.NaN],
    ['startedAtMs', -1],
  ] as const) {
    expect(() => checkMetadata({ ...GOOD, [name]: value }), name).toThrow(MalformedBytes);
  }
  const oneWrong = fc.record({ name: fc.constantFrom(...Object.keys(GOOD)), value: fc.anything() });
  fc.assert(
    fc.property(fc.oneof(fc.anything(), oneWrong), (value) => {
      const given = (value as { name?: unknown } | null)?.name;
      const tried =
        typeof given === 'string'
          ? { ...GOOD, [given]: (value as { value: unknown }).value }
          : value;
      try {
        expect(JSON.stringify(checkMetadata(tried)).length).toBeLessThan(64 * 1024);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedBytes);
      }
    }),
  );
});
