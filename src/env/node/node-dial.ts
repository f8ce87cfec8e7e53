/**
 * One attempt to connect: TCP, TLS, the other side's key, the request, its answer. In TLS 1.3 the
 * client is done before the server has judged it, so the stream is there only with the answer to
 * the request. Before the key is checked nothing of ours is sent.
 */
import * as net from 'node:net';
import * as tls from 'node:tls';
import { WebSocket } from 'ws';
import { equalBytes } from '../../core/index.ts';
import type { Crypto } from '../env.ts';
import { type ConnectOptions, type Stream, StreamError } from '../streams.ts';
import { NodeStream } from './node-stream.ts';
import { provedKey } from './peer-certificate.ts';
import { socketError } from './socket-error.ts';
import { PROTOCOL, REASON_BYTES_MAX, shownReason, webSocketOptions } from './web-socket-options.ts';

const KEY_ID_BYTES = 16;
const FORBIDDEN = 403;

/** From `connect` to the stream or the error. */
export class NodeDial {
  readonly #options: ConnectOptions;
  readonly #crypto: Crypto;
  readonly #context: tls.SecureContext;
  readonly #wire = new net.Socket();
  #deadline: NodeJS.Timeout | undefined;
  #isSettled = false;
  #resolve: (stream: Stream) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(options: ConnectOptions, context: tls.SecureContext, crypto: Crypto) {
    this.#options = options;
    this.#context = context;
    this.#crypto = crypto;
  }

  run(): Promise<Stream> {
    const { host, port, limits, signal } = this.#options;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const expire = (): void => this.#fail(new StreamError('ETIMEDOUT', 'no answer in time'));
      this.#deadline = setTimeout(expire, limits.handshakeMs);
      if (signal?.aborted === true) this.#onAbort();
      signal?.addEventListener('abort', this.#onAbort, { once: true });
      this.#wire.on('error', (error) => this.#fail(error));
      this.#wire.on('close', () =>
        this.#fail(new StreamError('ECLOSED', 'ended by the other side')),
      );
      if (this.#isSettled) return;
      this.#wire.once('connect', () => this.#secure());
      this.#wire.connect({ host, port, noDelay: true, keepAlive: true });
    });
  }

  #secure(): void {
    const secure = tls.connect({
      socket: this.#wire,
      secureContext: this.#context,
      ALPNProtocols: [PROTOCOL],
      // There is no authority to ask; `#checkPeer` checks what the certificate proves.
      rejectUnauthorized: false,
    });
    secure.on('error', (error) => this.#fail(error));
    secure.on('close', () => this.#wire.destroy());
    secure.once('secureConnect', () => this.#checkPeer(secure));
  }

  #checkPeer(secure: tls.TLSSocket): void {
    if (this.#isSettled) return;
    // On Node 20 to 24 only the first call gives it.
    const certificate = secure.getPeerX509Certificate();
    const key = certificate && provedKey(this.#crypto, certificate);
    const { expectedKeyId } = this.#options;
    if (key === undefined) this.#fail(new StreamError('EPEERKEY', 'it proves no key'));
    else if (expectedKeyId !== undefined && !equalBytes(this.#keyId(key), expectedKeyId)) {
      this.#fail(new StreamError('EPEERKEY', 'it has another key'));
    } else if (secure.alpnProtocol !== PROTOCOL) {
      this.#fail(new StreamError('EREFUSED', 'it speaks another protocol'));
    } else this.#upgrade(secure, key);
  }

  #keyId(key: Uint8Array): Uint8Array {
    return this.#crypto.sha256(key).subarray(0, KEY_ID_BYTES);
  }

  #upgrade(secure: tls.TLSSocket, remoteKey: Uint8Array): void {
    const { host, port, path, limits } = this.#options;
    const socket = new WebSocket(`ws://adastra${path}`, {
      ...webSocketOptions(limits),
      followRedirects: false,
      // Masks are against proxies that read along (RFC 6455 § 10.3); inside TLS nobody does. A mask
      // of zeros spares both sides a copy.
      generateMask: (mask) => void mask.fill(0),
      createConnection: () => secure,
    });
    socket.on('error', (error) => this.#fail(error));
    socket.once('unexpected-response', (_request, response) => {
      readReason(response, (reason) => {
        const isReason = response.statusCode === FORBIDDEN;
        const text = isReason ? reason : `HTTP ${response.statusCode}`;
        this.#fail(new StreamError('EREFUSED', text, text));
      });
    });
    socket.once('open', () => {
      if (this.#isSettled) return;
      const peer = { remoteKey, remoteAddress: { host, port }, path };
      const stream = new NodeStream(socket, this.#wire, peer, true);
      this.#settle();
      this.#resolve(stream);
    });
  }

  #fail(error: Error): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#wire.destroy();
    const { host, port } = this.#options;
    const { code, message, reason } = socketError(error);
    const what = message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
    this.#reject(new StreamError(code, `${host}:${port}: ${what}`, reason));
  }

  #settle(): void {
    this.#isSettled = true;
    clearTimeout(this.#deadline);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.#fail(new StreamError('ECLOSED', 'aborted'));
}

/** The text of a refusal, no more of it than can be shown. */
function readReason(response: NodeJS.ReadableStream, tell: (reason: string) => void): void {
  let text = '';
  const done = (): void => tell(shownReason(text));
  response.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1', 0, REASON_BYTES_MAX);
    if (text.length >= REASON_BYTES_MAX) done();
  });
  response.once('end', done);
  response.once('error', done);
}
