/**
 * Every maximum of the transport in one place, with its default. All are finite; what exceeds one
 * is refused with a typed reason before memory is taken for it, and harms no other link. What a
 * node's engine may set is checked here, relations included.
 */
import { AdastraError } from '../core/index.ts';
import { STREAM_LOW_BYTES } from '../env/index.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

export interface TransportLimits {
  /** Bytes of one frame, which is one message of the stream. */
  readonly frameBytesMax: number;
  /** Bytes of a message about the link itself, among them all that come before it is up. */
  readonly controlBytesMax: number;
  /** Bytes of a message that is made of vectors. */
  readonly vectorBytesMax: number;
  /** Bytes of a message with bundles. */
  readonly bundlesBytesMax: number;
  /** Bytes of a piece of a snapshot, with its head. */
  readonly chunkBytesMax: number;
  /** Bytes handed to the stream at once; what else waits lets pings pass. */
  readonly windowBytes: number;
  /** Bytes waiting to be sent from which on a link is congested; it is not below half of it. */
  readonly bufferedBytesHigh: number;
  /** Bytes waiting to be sent at which a link is closed as slow. */
  readonly bufferedBytesMax: number;
  /** Milliseconds from the open stream to the link; the same again for the keys before. */
  readonly handshakeMs: number;
  /** Milliseconds between two pings. */
  readonly pingIntervalMs: number;
  /** Pings without a byte from the other side after which a link is down. */
  readonly unansweredPingsMax: number;
  /** Milliseconds in which an older link must answer when a newer one wants its place. */
  readonly probeMs: number;
  /** Control and unknown messages of a link: those in a second, in the long run. */
  readonly controlPerSecondMax: number;
  /** The same at once. */
  readonly controlBurstMax: number;
  /** Links at once. */
  readonly linksMax: number;
  /** Streams that came in, those in their handshake included. */
  readonly streamsMax: number;
  /** The same from one address. */
  readonly streamsPerAddressMax: number;
  /** Dials at once. */
  readonly dialsMax: number;
  /** Milliseconds for one address to become a link. */
  readonly dialMs: number;
  /** Targets that the dialer keeps. */
  readonly targetsMax: number;
  /** Addresses of one target. */
  readonly addressesMax: number;
  /** Milliseconds that the first wait for a new attempt takes at most. */
  readonly backoffMinMs: number;
  /** Milliseconds that any wait takes at most. */
  readonly backoffMaxMs: number;
  /** Milliseconds of life after which a link that falls starts with the first wait again. */
  readonly stableMs: number;
  /** Milliseconds between two nudges of one target that count. */
  readonly nudgeMs: number;
  /** Attempts to join in a minute. */
  readonly joinsPerMinuteMax: number;
  /** The same from one address. */
  readonly joinsPerAddressMax: number;
  /** Attempts to join at once. */
  readonly joinsMax: number;
  /** Milliseconds for a join, from its stream to the reply. */
  readonly joinMs: number;
}

/** What holds unless the engine says otherwise. */
export const DEFAULT_TRANSPORT_LIMITS: TransportLimits = Object.freeze({
  frameBytesMax: 256 * KIB,
  controlBytesMax: 16 * KIB,
  vectorBytesMax: 4 * MIB,
  bundlesBytesMax: 16 * MIB,
  chunkBytesMax: MIB + 4 * KIB,
  windowBytes: 512 * KIB,
  bufferedBytesHigh: 4 * MIB,
  bufferedBytesMax: 32 * MIB,
  handshakeMs: 5000,
  pingIntervalMs: 10_000,
  unansweredPingsMax: 3,
  probeMs: 2000,
  controlPerSecondMax: 20,
  controlBurstMax: 100,
  linksMax: 256,
  streamsMax: 512,
  streamsPerAddressMax: 64,
  dialsMax: 4,
  dialMs: 10_000,
  targetsMax: 1024,
  addressesMax: 8,
  backoffMinMs: 500,
  backoffMaxMs: 60_000,
  stableMs: 30_000,
  nudgeMs: 5000,
  joinsPerMinuteMax: 30,
  joinsPerAddressMax: 6,
  joinsMax: 4,
  joinMs: 30_000,
});

/** Bytes that a piece has at least unless it is the last: no flood of tiny pieces. */
export const PIECE_BYTES_MIN = 1024;
/** Bytes that a frame takes beside its piece, at most. */
export const FRAME_OVERHEAD_BYTES = 32;
const FRAME_BYTES_MIN = 4 * KIB;
/** Streams tell that they have drained only if more than `STREAM_LOW_BYTES` waited. */
const WINDOW_BYTES_MIN = 2 * STREAM_LOW_BYTES;
/** As far as one message may go: one commit of the largest kind and what goes with it. */
const BYTES_CEILING = 256 * MIB;
/** Timers and counts. */
const NUMBER_CEILING = 2 ** 31 - 1;

/** The limits that `partial` asks for, the rest by default; throws `invalid_options`. */
export function validateTransportLimits(partial: Partial<TransportLimits> = {}): TransportLimits {
  const merged: Record<string, number> = { ...DEFAULT_TRANSPORT_LIMITS };
  for (const [name, value] of Object.entries(partial)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(DEFAULT_TRANSPORT_LIMITS, name)) {
      throw invalidLimit(name, `there is no limit ${name}`);
    }
    if (!Number.isSafeInteger(value) || value < 1) {
      throw invalidLimit(name, `the limit ${name} is ${String(value)}, not a whole number above 0`);
    }
    const ceiling = name.includes('Bytes') ? BYTES_CEILING : NUMBER_CEILING;
    if (value > ceiling) throw invalidLimit(name, `the limit ${name} is over ${ceiling}`);
    merged[name] = value;
  }
  const limits = merged as unknown as TransportLimits;
  for (const [name, holds, rule] of relations(limits)) {
    if (!holds) throw invalidLimit(name, `limits do not fit together: ${rule}`);
  }
  return Object.freeze(limits);
}

type Relation = readonly [name: keyof TransportLimits, holds: boolean, rule: string];

function relations(limits: TransportLimits): readonly Relation[] {
  const { frameBytesMax, bufferedBytesMax } = limits;
  const largest = Math.max(limits.vectorBytesMax, limits.bundlesBytesMax, limits.chunkBytesMax);
  return [
    ['frameBytesMax', frameBytesMax >= FRAME_BYTES_MIN, `frames have ${FRAME_BYTES_MIN} at least`],
    [
      'controlBytesMax',
      limits.controlBytesMax + FRAME_OVERHEAD_BYTES <= frameBytesMax,
      'controlBytesMax must leave room in a frame',
    ],
    ['controlBytesMax', limits.controlBytesMax >= 2 * KIB, 'a hello takes 2 KiB'],
    [
      'windowBytes',
      limits.windowBytes >= Math.max(frameBytesMax, WINDOW_BYTES_MIN),
      `windowBytes must hold one frame, and ${WINDOW_BYTES_MIN}`,
    ],
    [
      'bufferedBytesHigh',
      limits.bufferedBytesHigh >= limits.windowBytes,
      'bufferedBytesHigh must hold windowBytes',
    ],
    [
      'bufferedBytesMax',
      bufferedBytesMax >= limits.bufferedBytesHigh + largest,
      'bufferedBytesMax must hold bufferedBytesHigh and one largest message',
    ],
    [
      'backoffMaxMs',
      limits.backoffMaxMs >= limits.backoffMinMs,
      'backoffMaxMs must be backoffMinMs or more',
    ],
    [
      'controlBurstMax',
      limits.controlBurstMax >= 2 * (limits.unansweredPingsMax + 2),
      'controlBurstMax must hold the pings of one timeout',
    ],
  ];
}

function invalidLimit(name: string, message: string): AdastraError {
  return new AdastraError('invalid_options', message, {
    hint: `limits are: ${Object.keys(DEFAULT_TRANSPORT_LIMITS).join(', ')}`,
    details: { option: `limits.${name}` },
  });
}
