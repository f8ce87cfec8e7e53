/**
 * One connection to a listener, from its first packet to its end: TCP, TLS, the request to become a
 * stream, the stream. Refused at most once and told at most once; a refusal in HTTP is sent as 403
 * with its reason, before that there is no language for it. What is left open by the other side is
 * destroyed at a deadline, so nothing of a stranger outlives it.
 */
import type * as http from 'node:http';
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { WebSocketServer } from 'ws';
import { type Crypto, errorCode } from '../env.ts';
import {
  type ListenOptions,
  STREAM_REFUSALS,
  type StreamAddress,
  type StreamPeer,
} from '../streams.ts';
import { NodeStream } from './node-stream.ts';
import { provedKey } from './peer-certificate.ts';
import { PROTOCOL, shownReason } from './web-socket-options.ts';

const PATHS: readonly string[] = ['/peer', '/join'];
/** For the refused one to read why. */
const FAREWELL_MS = 1_000;

/** What a visit is made of. */
export interface VisitParts {
  readonly wire: Socket;
  readonly from: StreamAddress;
  readonly options: ListenOptions;
  readonly context: SecureContext;
  readonly crypto: Crypto;
  readonly http: http.Server;
  readonly webSockets: WebSocketServer;
}

const visits = new WeakMap<object, Visit>();

/** One connection. */
export class Visit {
  readonly from: StreamAddress;
  readonly #parts: VisitParts;
  readonly #secure: TLSSocket;
  readonly #onGone: () => void;
  #deadline: NodeJS.Timeout | undefined;
  #isSecure = false;
  #isOpen = false;
  #isOver = false;

  constructor(parts: VisitParts, onGone: () => void) {
    this.#parts = parts;
    this.#onGone = onGone;
    this.from = parts.from;
    this.#secure = new TLSSocket(parts.wire, {
      isServer: true,
      secureContext: parts.context,
      requestCert: true,
      // There is no authority to ask; `onUpgrade` checks what the certificate proves.
      rejectUnauthorized: false,
      ALPNProtocols: [PROTOCOL],
    });
    visits.set(this.#secure, this);
  }

  /** The visit of a TLS socket that HTTP or WebSocket talk about. */
  static of(socket: unknown): Visit | undefined {
    return typeof socket === 'object' && socket !== null ? visits.get(socket) : undefined;
  }

  start(): void {
    const { wire, options } = this.#parts;
    const expire = (): void => this.refuse(STREAM_REFUSALS.tooSlow);
    this.#deadline = setTimeout(expire, options.limits.handshakeMs);
    wire.on('error', () => undefined);
    wire.on('close', () => this.#gone());
    this.#secure.on('error', (error) => this.#onError(error));
    this.#secure.on('close', () => wire.destroy());
    this.#secure.once('secure', () => {
      this.#isSecure = true;
      this.#parts.http.emit('connection', this.#secure);
    });
  }

  /** Asked to become a stream, in HTTP. */
  onUpgrade(request: http.IncomingMessage, head: Buffer): void {
    if (this.#isOver || this.#isOpen) return;
    const key = this.#checkPeer();
    const path = request.url ?? '';
    if (typeof key === 'string') this.refuse(key);
    else if (request.headers.origin !== undefined) this.refuse(STREAM_REFUSALS.browser);
    else if (!PATHS.includes(path)) this.refuse(STREAM_REFUSALS.unknownPath);
    else this.#admit({ remoteKey: key, remoteAddress: this.from, path }, request, head);
  }

  /** Turns it away and says so; does nothing for one that is over or open. */
  refuse(reason: string): void {
    if (this.#isOver || this.#isOpen) return;
    this.#isOver = true;
    clearTimeout(this.#deadline);
    this.#sayFarewell(reason);
    this.#parts.options.onRefused(reason, this.from);
  }

  /** The listener closes: ends a handshake, leaves a stream. */
  drop(): void {
    if (this.#isOpen) return;
    this.#isOver = true;
    this.#parts.wire.destroy();
  }

  #admit(peer: StreamPeer, request: http.IncomingMessage, head: Buffer): void {
    const { options, webSockets, wire } = this.#parts;
    const refusal = options.accept(peer);
    if (refusal !== undefined) {
      this.refuse(refusal);
      return;
    }
    webSockets.handleUpgrade(request, this.#secure, head, (socket) => {
      this.#isOpen = true;
      clearTimeout(this.#deadline);
      options.onStream(new NodeStream(socket, wire, peer, false));
    });
  }

  #checkPeer(): Uint8Array | string {
    if (this.#secure.alpnProtocol !== PROTOCOL) return STREAM_REFUSALS.otherProtocol;
    const certificate = this.#secure.getPeerX509Certificate();
    if (certificate === undefined) return STREAM_REFUSALS.noCertificate;
    return provedKey(this.#parts.crypto, certificate) ?? STREAM_REFUSALS.badCertificate;
  }

  #onError(error: Error): void {
    if (this.#isSecure || this.#isOver) this.#parts.wire.destroy();
    else this.refuse(refusalOf(errorCode(error) ?? ''));
  }

  #sayFarewell(reason: string): void {
    const { wire } = this.#parts;
    if (!this.#isSecure || !this.#secure.writable) {
      wire.destroy();
      return;
    }
    const text = shownReason(reason);
    this.#secure.end(
      'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain\r\n' +
        `Content-Length: ${text.length}\r\n\r\n${text}`,
    );
    // What still comes is read and dropped, so that our answer is not lost in a reset.
    this.#secure.resume();
    this.#deadline = setTimeout(() => wire.destroy(), FAREWELL_MS);
  }

  #gone(): void {
    this.refuse(STREAM_REFUSALS.left);
    clearTimeout(this.#deadline);
    this.#secure.destroy();
    this.#onGone();
  }
}

/** What failed before TLS was there, by OpenSSL's word for it. */
function refusalOf(code: string): string {
  if (code === 'ERR_SSL_UNSUPPORTED_PROTOCOL') return STREAM_REFUSALS.tooOldTls;
  if (code === 'ERR_SSL_NO_APPLICATION_PROTOCOL') return STREAM_REFUSALS.otherProtocol;
  if (NOT_TLS.has(code)) return STREAM_REFUSALS.notTls;
  return code.startsWith('ERR_SSL_') ? STREAM_REFUSALS.badTls : STREAM_REFUSALS.left;
}

const NOT_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_HTTPS_PROXY_REQUEST',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_RECORD_TOO_SMALL',
  'ERR_SSL_BAD_RECORD_TYPE',
  'ERR_SSL_UNEXPECTED_RECORD',
]);
