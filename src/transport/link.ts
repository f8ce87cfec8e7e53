/**
 * A link: an established connection with one other node, as those above `transport` see it. There
 * is at most one per fingerprint at any time.
 */
import type { NodeMetadata, PeerMessage } from '../core/index.ts';
import type { StreamAddress } from '../env/index.ts';
import type { DialAddress } from './messages/metadata.ts';

export interface Link {
  readonly fingerprint: string;
  /** Raw Ed25519 key, proved. */
  readonly publicKey: Uint8Array;
  /** `out`: this node connected. */
  readonly direction: 'in' | 'out';
  readonly address: StreamAddress;
  /** Where the other node says that it takes connections. */
  readonly listening: DialAddress | undefined;
  /** As of its hello. */
  readonly metadata: NodeMetadata;
  /** 32 hex characters; another one means another process. */
  readonly sessionId: string;
  /** The protocol version in use. */
  readonly version: number;
  /** Monotonic time at which it came up. */
  readonly upSinceMs: number;
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  /** So much waits that more should not be given; `onDrain` tells the end of it. */
  readonly congested: boolean;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of the last ping; `undefined` before the first answer. */
  readonly roundTripMs: number | undefined;
  /** Wall clock of the other side less ours, estimated. */
  readonly clockOffsetMs: number | undefined;
  /** Messages that came with a type unknown here, and were skipped. */
  readonly unknownMessages: number;
  /**
   * Sends in order. Bytes inside the message must not change until they have left. Does nothing on
   * a link that is down; closes one whose buffer is over its limit as `slow`.
   */
  send(message: PeerMessage): void;
  /** Stops reading, so that the other side slows down; a few messages may still come. */
  pause(): void;
  resume(): void;
  /** Says goodbye and ends. */
  close(reason: string): void;
}

/** How a session ended. */
export interface LinkEnd {
  /** A word of `WireReason`, a code that the other side sent, or text for people. */
  readonly reason: string;
  readonly message: string;
  /** Who ended it: this side, because the other broke a rule (`fault`) or in good order
   * (`local`); the other side (`remote`); or the network (`stream`). */
  readonly by: 'fault' | 'local' | 'remote' | 'stream';
}
