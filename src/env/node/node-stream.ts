/**
 * `Stream` over a WebSocket inside TLS. Bytes given to `send` are counted until `ws` calls back,
 * which is when TLS has handed them to the operating system: the socket's own `drain` is not to be
 * relied on over TLS (ws #1643). Only so much is given to the socket at a time: it would take all
 * that waits in one write, copy and encrypt it at once, and call back at its end. A stream that is
 * paused, or has no handlers yet, does not read; what one chunk of the network held beyond that
 * waits in the inbox.
 */
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { assert } from '../../core/index.ts';
import {
  STREAM_ENDS,
  STREAM_LOW_BYTES,
  type Stream,
  type StreamAddress,
  type StreamHandlers,
  type StreamPeer,
} from '../streams.ts';
import { shownReason } from './web-socket-options.ts';

/** Given to the socket at a time, or one larger message. */
const IN_SOCKET_BYTES = 1_048_576;
const CLOSE_MS = 1_000;
const NORMAL_CLOSE = 1_000;
const UNSUPPORTED_CLOSE = 1_003;
const TOO_LONG_CLOSE = 1_009;
const LOST_CODES: readonly number[] = [1_005, 1_006];
const TOO_LONG_ERRORS: ReadonlySet<string> = new Set([
  'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
]);
const SEND_OPTIONS = { binary: true, compress: false, fin: true } as const;

/** One end of a connection that is open. */
export class NodeStream implements Stream {
  readonly remoteKey: Uint8Array;
  readonly remoteAddress: StreamAddress;
  readonly path: string;
  readonly outbound: boolean;
  readonly #socket: WebSocket;
  /** Below TLS. */
  readonly #wire: Socket;
  #handlers: StreamHandlers | undefined;
  #inbox: Uint8Array[] = [];
  #outbox: Uint8Array[] = [];
  #inSocketBytes = 0;
  #bufferedBytes = 0;
  #isHigh = false;
  #isPaused = false;
  /** This side ended it, and hears no more messages. */
  #isClosing = false;
  /** The close frame to send after the outbox, and how long that may take. */
  #farewell: { readonly code: number; readonly text: string } | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  /** Why it did. */
  #reason: string | undefined;
  /** It is over: what the handlers are told, after what is in the inbox. */
  #ended: string | undefined;
  #isTold = false;

  constructor(socket: WebSocket, wire: Socket, peer: StreamPeer, outbound: boolean) {
    this.#socket = socket;
    this.#wire = wire;
    this.remoteKey = peer.remoteKey;
    this.remoteAddress = peer.remoteAddress;
    this.path = peer.path;
    this.outbound = outbound;
    socket.pause();
    socket.on('message', (data: RawData, isBinary) => this.#onMessage(data as Buffer, isBinary));
    socket.on('error', (error: Error & { code?: string }) => this.#onError(error));
    socket.on('close', (code, reason) => this.#onClose(code, reason));
  }

  get bufferedBytes(): number {
    return this.#ended === undefined ? this.#bufferedBytes : 0;
  }

  get bytesIn(): number {
    return this.#wire.bytesRead;
  }

  get bytesOut(): number {
    return this.#wire.bytesWritten;
  }

  attach(handlers: StreamHandlers): void {
    assert(this.#handlers === undefined, 'handlers are attached once');
    this.#handlers = handlers;
    setImmediate(() => this.#deliver());
  }

  send(bytes: Uint8Array): void {
    if (this.#isClosing || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#outbox.push(bytes);
    this.#bufferedBytes += bytes.length;
    if (this.#bufferedBytes > STREAM_LOW_BYTES) this.#isHigh = true;
    this.#pump();
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    setImmediate(() => this.#deliver());
  }

  close(reason: string): void {
    this.#end(reason, NORMAL_CLOSE, reason);
  }

  destroy(reason: string): void {
    this.#isClosing = true;
    this.#inbox = [];
    this.#reason ??= reason;
    this.#socket.terminate();
  }

  #end(reason: string, code: number, text: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#inbox = [];
    this.#reason = reason;
    this.#farewell = { code, text: shownReason(text) };
    this.#closeTimer = setTimeout(() => this.#socket.terminate(), CLOSE_MS);
    // The answer to the close frame has to be read.
    this.#socket.resume();
    this.#pump();
  }

  #pump(): void {
    for (;;) {
      const [next] = this.#outbox;
      if (next === undefined || this.#socket.readyState !== this.#socket.OPEN) break;
      const { length } = next;
      if (this.#inSocketBytes > 0 && this.#inSocketBytes + length > IN_SOCKET_BYTES) return;
      this.#outbox.shift();
      this.#inSocketBytes += length;
      this.#socket.send(next, SEND_OPTIONS, (error) => this.#onSent(length, error));
    }
    if (this.#farewell !== undefined) this.#socket.close(this.#farewell.code, this.#farewell.text);
    this.#farewell = undefined;
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#isClosing) return;
    if (!isBinary) {
      this.#end(STREAM_ENDS.malformed, UNSUPPORTED_CLOSE, '');
      return;
    }
    const bytes = ownBytes(data);
    if (this.#handlers === undefined || this.#isPaused || this.#inbox.length > 0) {
      this.#inbox.push(bytes);
    } else this.#handlers.onMessage(bytes);
  }

  #deliver(): void {
    const handlers = this.#handlers;
    if (handlers === undefined) return;
    while (!this.#isPaused && !this.#isClosing) {
      const bytes = this.#inbox.shift();
      if (bytes === undefined) {
        this.#socket.resume();
        break;
      }
      handlers.onMessage(bytes);
    }
    this.#tellEnd();
  }

  #onSent(sizeBytes: number, error: Error | null | undefined): void {
    this.#inSocketBytes -= sizeBytes;
    this.#bufferedBytes -= sizeBytes;
    this.#pump();
    if (!this.#isHigh || this.#bufferedBytes > STREAM_LOW_BYTES) return;
    this.#isHigh = false;
    const isAlive = !this.#isClosing && this.#ended === undefined;
    if (isAlive && (error ?? undefined) === undefined) this.#handlers?.onDrain();
  }

  #onError({ code = '' }: Error & { code?: string }): void {
    if (TOO_LONG_ERRORS.has(code)) this.#reason ??= STREAM_ENDS.tooLong;
    else if (code.startsWith('WS_ERR_')) this.#reason ??= STREAM_ENDS.malformed;
    this.#isClosing = true;
  }

  #onClose(code: number, text: Buffer): void {
    clearTimeout(this.#closeTimer);
    this.#outbox = [];
    this.#ended = this.#reason ?? reasonOf(code, text);
    if (this.#isClosing || code !== NORMAL_CLOSE) this.#inbox = [];
    this.#tellEnd();
  }

  #tellEnd(): void {
    const [handlers, ended] = [this.#handlers, this.#ended];
    if (handlers === undefined || ended === undefined) return;
    if (this.#isTold || this.#inbox.length > 0) return;
    this.#isTold = true;
    setImmediate(() => handlers.onClose(ended));
  }
}

function reasonOf(code: number, text: Buffer): string {
  if (code === TOO_LONG_CLOSE) return STREAM_ENDS.tooLong;
  if (LOST_CODES.includes(code)) return STREAM_ENDS.lost;
  if (code !== NORMAL_CLOSE) return STREAM_ENDS.malformed;
  return shownReason(text.toString('latin1'));
}

/**
 * The receiver's own, without a copy where that would not hold on to much more memory: a short
 * message is a view into the chunk that the network gave, and that chunk may be 64 KiB.
 */
function ownBytes(data: Buffer): Uint8Array {
  const { buffer, byteOffset, length } = data;
  if (length * 2 >= buffer.byteLength) return new Uint8Array(buffer, byteOffset, length);
  return new Uint8Array(data);
}
