/**
 * One listening port. Each connection gets a visit: counted before anything is allocated for it,
 * bound by one deadline until the stream is open, and refused at most once, with a reason. The TCP
 * server, TLS and HTTP are taken apart (instead of `https.Server`) so that one object knows a
 * connection from its first packet on.
 */
import * as http from 'node:http';
import * as net from 'node:net';
import type { SecureContext } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { Crypto } from '../env.ts';
import {
  type ListenOptions,
  STREAM_REFUSALS,
  StreamError,
  type StreamAddress,
  type StreamListener,
} from '../streams.ts';
import { socketError } from './socket-error.ts';
import { Visit } from './visit.ts';
import { webSocketOptions } from './web-socket-options.ts';

const HEADER_BYTES_MAX = 4_096;
const HEADERS_MAX = 32;

/** `StreamListener` over TCP. */
export class NodeListener implements StreamListener {
  readonly #options: ListenOptions;
  readonly #context: SecureContext;
  readonly #crypto: Crypto;
  readonly #tcp: net.Server;
  readonly #http: http.Server;
  readonly #webSockets: WebSocketServer;
  readonly #visits = new Set<Visit>();
  #address: StreamAddress = { host: '', port: 0 };

  constructor(options: ListenOptions, context: SecureContext, crypto: Crypto) {
    this.#options = options;
    this.#context = context;
    this.#crypto = crypto;
    this.#tcp = net.createServer({ noDelay: true, keepAlive: true });
    this.#tcp.on('connection', (wire) => this.#onConnection(wire));
    this.#http = http.createServer({ maxHeaderSize: HEADER_BYTES_MAX, insecureHTTPParser: false });
    this.#http.maxHeadersCount = HEADERS_MAX;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      ...webSocketOptions(options.limits),
    });
    this.#route();
  }

  get address(): StreamAddress {
    return this.#address;
  }

  /** Binds; rejects with a `StreamError`. */
  async start(): Promise<void> {
    const { host, port } = this.#options;
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new StreamError('EINVAL', `port ${port}`);
    }
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once('error', (error) => reject(socketError(error)));
      this.#tcp.listen({ host, port }, resolve);
    });
    this.#tcp.removeAllListeners('error');
    // Failures to accept (out of file descriptors) pass; the port stays.
    this.#tcp.on('error', () => undefined);
    this.#address = { host, port: (this.#tcp.address() as net.AddressInfo).port };
  }

  async close(): Promise<void> {
    this.#tcp.close();
    for (const visit of this.#visits) visit.drop();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #onConnection(wire: net.Socket): void {
    const from = remoteOf(wire);
    const reason = this.#full(from);
    if (reason !== undefined) {
      wire.on('error', () => undefined);
      wire.destroy();
      this.#options.onRefused(reason, from);
      return;
    }
    const parts = {
      wire,
      from,
      options: this.#options,
      context: this.#context,
      crypto: this.#crypto,
      http: this.#http,
      webSockets: this.#webSockets,
    };
    const visit = new Visit(parts, () => this.#visits.delete(visit));
    this.#visits.add(visit);
    visit.start();
  }

  #full(from: StreamAddress): string | undefined {
    const { streamsMax, streamsPerAddressMax } = this.#options.limits;
    if (this.#visits.size >= streamsMax) return STREAM_REFUSALS.tooMany;
    let same = 0;
    for (const visit of this.#visits) if (visit.from.host === from.host) same += 1;
    return same >= streamsPerAddressMax ? STREAM_REFUSALS.tooManyFromAddress : undefined;
  }

  /** What HTTP makes of a connection goes back to its visit. */
  #route(): void {
    this.#http.on('upgrade', (request, socket, head) => {
      Visit.of(socket)?.onUpgrade(request, head);
    });
    const refuse = (socket: unknown): void => Visit.of(socket)?.refuse(STREAM_REFUSALS.badRequest);
    this.#http.on('request', (request) => refuse(request.socket));
    this.#http.on('connect', (_request, socket) => refuse(socket));
    this.#http.on('clientError', (_error, socket) => refuse(socket));
    this.#webSockets.on('wsClientError', (_error, socket) => refuse(socket));
  }
}

function remoteOf(wire: net.Socket): StreamAddress {
  const host = wire.remoteAddress ?? '';
  return { host: host.replace(/^::ffff:(?=[\d.]+$)/, ''), port: wire.remotePort ?? 0 };
}
