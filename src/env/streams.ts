/**
 * Streams: authenticated, ordered, whole messages between two nodes. A backend proves the Ed25519
 * key of both ends before a byte of ours is exchanged (in the Node twin: mutual TLS 1.3 with a
 * self-signed P-256 certificate that carries the Ed25519 key and its signature), so everything
 * above may trust `remoteKey`. What a message means is for `transport`.
 *
 * Errors carry a string `code`: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`,
 * `ECONNREFUSED`, `ETIMEDOUT`, `EHOSTUNREACH`, `EPEERKEY` (another key than the pinned one, or one
 * that is not proved), `EREFUSED` (the other side refused, `reason` says why), `EINVAL` (no such
 * port), `ECLOSED` (the other side went away, or the signal ended it).
 */

/**
 * Where a stream counts as having room again: `onDrain` comes once when `bufferedBytes` falls to
 * this or below after a `send` had left it above. A sender waits only when it is above.
 */
export const STREAM_LOW_BYTES = 65_536;

/** Why a listener turns somebody away before `accept` is asked; `accept` adds texts of its own. */
export const STREAM_REFUSALS = {
  tooMany: 'too many streams',
  tooManyFromAddress: 'too many streams from this address',
  tooSlow: 'handshake too slow',
  left: 'left during the handshake',
  notTls: 'not TLS',
  tooOldTls: 'TLS older than 1.3',
  badTls: 'bad TLS handshake',
  otherProtocol: 'other protocol',
  noCertificate: 'no certificate',
  badCertificate: 'bad certificate',
  badRequest: 'not a stream request',
  browser: 'a browser',
  unknownPath: 'unknown path',
} as const;

/** Reasons given to `onClose` that no side chose. */
export const STREAM_ENDS = {
  lost: 'connection lost',
  tooLong: 'message too long',
  malformed: 'malformed frame',
} as const;

/** What fails in a stream's beginning; `reason` is what the other side said. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly code: string;
  readonly reason: string | undefined;

  constructor(code: string, message: string, reason?: string) {
    super(`${code}: ${message}`);
    this.code = code;
    this.reason = reason;
  }
}

/** The key that a node proves itself with; raw Ed25519. */
export interface StreamIdentity {
  readonly privateSeed: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Bounds that hold before anything is allocated. */
export interface StreamLimits {
  /** Bytes of one message; a longer one ends the stream. */
  readonly messageBytesMax: number;
  /** Milliseconds from the connection until the stream is there; both sides keep to it. */
  readonly handshakeMs: number;
  /** Streams that a listener holds at once, those in their handshake included. */
  readonly streamsMax: number;
  /** The same from one address. */
  readonly streamsPerAddressMax: number;
}

/** Where something listens. */
export interface StreamAddress {
  readonly host: string;
  readonly port: number;
}

/** One who knocks, its key proved. */
export interface StreamPeer {
  /** Raw Ed25519 public key, 32 bytes. */
  readonly remoteKey: Uint8Array;
  readonly remoteAddress: StreamAddress;
  /** What it wants: `/peer` or `/join`. */
  readonly path: string;
}

export interface ListenOptions {
  /** A name or address; `127.0.0.1` for this machine only. */
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly identity: StreamIdentity;
  readonly limits: StreamLimits;
  /** Judged before the stream is opened: a text refuses, and is told to the other side. */
  accept(peer: StreamPeer): string | undefined;
  onStream(stream: Stream): void;
  /** Somebody was turned away: a stranger, garbage, no certificate, too slow, too many. */
  onRefused(reason: string, address: StreamAddress): void;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly identity: StreamIdentity;
  readonly limits: StreamLimits;
  /** Key id (first 16 bytes of SHA-256 of the public key) that the other side must have. */
  readonly expectedKeyId?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StreamListener {
  /** The real port, where 0 was asked for. */
  readonly address: StreamAddress;
  /** Takes no more streams, ends handshakes; streams that are open stay. */
  close(): Promise<void>;
}

/** Set once, right after the stream is there; messages before that wait. */
export interface StreamHandlers {
  /** The bytes are the receiver's own. */
  onMessage(bytes: Uint8Array): void;
  /** `bufferedBytes` is low again: see `STREAM_LOW_BYTES`. Never inside `send`. */
  onDrain(): void;
  /**
   * Exactly once, on both sides, never inside a call, after the last message that is heard (a lost
   * stream drops what waited for `resume`); nothing follows. The reason that was given to `close`
   * on either side, or one of `STREAM_ENDS`. For logs.
   */
  onClose(reason: string): void;
}

export interface Stream extends StreamPeer {
  /** Whether this side connected. */
  readonly outbound: boolean;
  attach(handlers: StreamHandlers): void;
  /** Takes the bytes over: the caller must not change them. Ignored once closed. */
  send(bytes: Uint8Array): void;
  /** Given to `send` and not yet taken by the network. Nothing bounds it but its caller. */
  readonly bufferedBytes: number;
  /** Bytes received and sent, framing of the backend and encryption included where it can tell. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Stops and restarts reading, so that a slow receiver slows the sender down. */
  pause(): void;
  resume(): void;
  /** Ends after what was sent, or after a second. Hears no more messages. */
  close(reason: string): void;
  /** Ends now; the other side hears `STREAM_ENDS.lost`. */
  destroy(reason: string): void;
}

/** An open listener or stream may keep the process alive; closing them lets it go. */
export interface Streams {
  listen(options: ListenOptions): Promise<StreamListener>;
  connect(options: ConnectOptions): Promise<Stream>;
}
