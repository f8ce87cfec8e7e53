/**
 * What the `Streams` port is told of our limits: one message of the stream is one frame, and the
 * keys must be proved within the same time that the handshake has.
 */
import type { StreamLimits } from '../env/index.ts';
import type { TransportLimits } from './limits.ts';

export function streamLimitsOf(limits: TransportLimits): StreamLimits {
  return {
    messageBytesMax: limits.frameBytesMax,
    handshakeMs: limits.handshakeMs,
    streamsMax: limits.streamsMax,
    streamsPerAddressMax: limits.streamsPerAddressMax,
  };
}
