/**
 * One message of each kind that two nodes exchange about a world, with every field filled: what is
 * sent must arrive equal.
 */
import { type PeerMessage, Vector } from '../core/index.ts';

/** Bytes that differ from place to place. */
export function patternBytes(length: number, start = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + start * 7 + (at >> 8)) & 0xff);
}

/** A vector of `count` origins. */
export function sampleVector(count: number): Vector {
  const vector = new Vector();
  for (let index = 0; index < count; index++) {
    const key = index.toString(16).padStart(32, '0');
    vector.advance(`${key}.${'9'.repeat(32)}`, index * 1000 + 1, patternBytes(32, index));
  }
  return vector;
}

const ORIGIN = `${'1'.repeat(32)}.${'2'.repeat(32)}`;
const FINGERPRINT = '3'.repeat(32);

/** One of each kind. */
export const SAMPLE_MESSAGES: readonly PeerMessage[] = [
  {
    kind: 'open',
    vector: sampleVector(3),
    levelMin: 1,
    levelMax: 2,
    filter: 'all',
    stateHash: patternBytes(32),
    wallMs: 1_700_000_000_000,
  },
  {
    kind: 'bundles',
    frame: 7,
    bundles: [patternBytes(80), patternBytes(300, 2)],
    heads: [
      {
        origin: ORIGIN,
        originSeq: 12,
        digest: patternBytes(32, 3),
        publicKey: patternBytes(32, 4),
        signature: patternBytes(64, 5),
      },
    ],
  },
  {
    kind: 'ack',
    frame: 7,
    received: sampleVector(2),
    durable: sampleVector(1),
    stateHash: undefined,
    refusals: [
      { origin: ORIGIN, originSeq: 4, kind: 'held', reason: 'too far ahead', untilMs: 99 },
      { origin: ORIGIN, originSeq: 5, kind: 'unsupported', reason: '', untilMs: 0 },
    ],
    again: true,
    wallMs: 1_700_000_000_001,
  },
  {
    kind: 'statements',
    statements: [
      {
        fingerprint: FINGERPRINT,
        timeMs: 1_700_000_000_002,
        vector: sampleVector(2),
        signature: patternBytes(64, 6),
      },
    ],
  },
  { kind: 'buckets', vector: sampleVector(1), buckets: patternBytes(8192) },
  { kind: 'snapshotRequest', id: 'snapshot-1', offset: 4096 },
  {
    kind: 'snapshotOffer',
    id: 'snapshot-1',
    fingerprint: FINGERPRINT,
    byteLength: 123_456_789_012,
    digest: patternBytes(32, 7),
    stateHash: patternBytes(32, 8),
    vector: sampleVector(4),
    signature: patternBytes(64, 9),
  },
  { kind: 'snapshotChunk', id: 'snapshot-1', offset: 4096, bytes: patternBytes(5000) },
];

/** A message with one bundle of this length. */
export function bundlesOf(bundleBytes: number, frame = 1): PeerMessage {
  return { kind: 'bundles', frame, bundles: [patternBytes(bundleBytes, frame)], heads: [] };
}
