/**
 * How both ends speak WebSocket inside TLS, and the words of the handshake that they share. No
 * compression (values are, if at all, compressed above; and it leaks lengths of secrets), no UTF-8
 * checks (there is no text), messages bounded before they are read.
 */
import type { StreamLimits } from '../streams.ts';

/** ALPN: nobody gets here by mistake. */
export const PROTOCOL = 'adastra/1';
export const TLS_VERSION = 'TLSv1.3';
/** Of a refusal's text, and of a close frame's (RFC 6455 § 5.5). */
export const REASON_BYTES_MAX = 120;

const MESSAGE_BYTES_MAX = 2 ** 31 - 1;

/** Options for `ws`, either side. */
export interface WebSocketOptions {
  readonly perMessageDeflate: false;
  readonly skipUTF8Validation: true;
  readonly autoPong: true;
  readonly maxPayload: number;
  /** After `close`, until the socket is destroyed. */
  readonly closeTimeout: number;
}

export function webSocketOptions({ messageBytesMax }: StreamLimits): WebSocketOptions {
  return {
    perMessageDeflate: false,
    skipUTF8Validation: true,
    autoPong: true,
    // 0 would mean no limit, and ws counts in 32 bits.
    maxPayload: Math.min(Math.max(1, messageBytesMax), MESSAGE_BYTES_MAX),
    closeTimeout: 1_000,
  };
}

/** Text from the other side as far as it can be shown: one line of printable ASCII. */
export function shownReason(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, REASON_BYTES_MAX)
    .trim();
}
