/**
 * What protocol version 1 looks like, frozen: a hash over the encodings of one message of every
 * kind and over their frames. If this fails, an encoding has changed: raise `PROTOCOL_VERSIONS.max`
 * in `protocol.ts`, keep the old encoding for the old version, and add a line here.
 */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { crc32 } from '../../core/index.ts';
import { craftedFrame, WIRE_SAMPLES } from '../../../test/support/wire-samples.ts';
import { wholeFrame } from '../frame-queue.ts';
import { DEFAULT_TRANSPORT_LIMITS } from '../limits.ts';
import { PROTOCOL_VERSIONS } from '../protocol.ts';
import type { WireMessage } from './message-table.ts';

const FROZEN: Readonly<Record<number, string>> = {
  1: 'daa4e4e7c8bc36a3d9cbef0fe59d873f7dff2dd353cde56f9fedd5be1a81d36e',
};

function hashOf(messages: readonly WireMessage[]): string {
  const hash = createHash('sha256');
  for (const message of messages) hash.update(wholeFrame(message, DEFAULT_TRANSPORT_LIMITS, crc32));
  hash.update(
    craftedFrame({ type: 17, channel: 1, isFirst: false, isLast: false }, new Uint8Array(9)),
  );
  return hash.digest('hex');
}

test('every version has its encodings written down', () => {
  const versions = Object.keys(FROZEN).map(Number);
  expect(Math.max(...versions)).toBe(PROTOCOL_VERSIONS.max);
});

test('the encodings of this version are those written down', () => {
  expect(hashOf(WIRE_SAMPLES)).toBe(FROZEN[PROTOCOL_VERSIONS.max]);
});

test('one byte more anywhere would be seen', () => {
  const ping = { kind: 'ping', id: 301, wallMs: 1_700_000_000_004 } as const;
  const changed = WIRE_SAMPLES.map((message) => (message.kind === 'ping' ? ping : message));
  expect(hashOf(changed)).not.toBe(FROZEN[PROTOCOL_VERSIONS.max]);
});
