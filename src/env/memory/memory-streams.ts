/**
 * `Streams` of one host of the memory network. A handshake takes two round trips, as over TLS: the
 * server's key, then the client's key and what it wants, each proved by having the private seed
 * that belongs to it. Limits, refusals and deadlines are those of the Node twin.
 */
import {
  type ConnectOptions,
  type ListenOptions,
  type Stream,
  type StreamAddress,
  StreamError,
  type StreamListener,
  type Streams,
} from '../streams.ts';
import { isAddress, isLoopback, type LanHost, type MemoryLan } from './memory-lan.ts';
import { MemoryListener, type Switchboard } from './memory-listener.ts';
import { type AttemptParts, MemoryAttempt } from './memory-attempt.ts';

const EPHEMERAL_START = 49_152;
const PRIVILEGED_BELOW = 1_024;
const PORT_MAX = 65_535;

/** `Streams` in memory. */
export class MemoryStreams implements Streams {
  readonly #lan: MemoryLan;
  readonly #host: LanHost;
  readonly #switchboard: Switchboard;
  readonly #onStreams: AttemptParts['onStreams'];
  #nextPort = EPHEMERAL_START;

  constructor(
    lan: MemoryLan,
    host: LanHost,
    switchboard: Switchboard,
    onStreams: AttemptParts['onStreams'],
  ) {
    this.#onStreams = onStreams;
    this.#lan = lan;
    this.#host = host;
    this.#switchboard = switchboard;
  }

  async listen(options: ListenOptions): Promise<StreamListener> {
    checkPort(options.port, 0);
    this.#checkLocal(options.host);
    if (options.port > 0 && options.port < PRIVILEGED_BELOW) {
      throw new StreamError('EACCES', `port ${options.port} needs privileges`);
    }
    const port = options.port === 0 ? this.#freePort() : options.port;
    if (this.#switchboard.find(this.#host, port) !== undefined) {
      throw new StreamError('EADDRINUSE', `${options.host}:${port}`);
    }
    const listener = new MemoryListener(this.#host, port, options, this.#switchboard);
    this.#switchboard.add(listener);
    return listener;
  }

  async connect(options: ConnectOptions): Promise<Stream> {
    checkPort(options.port, 1);
    if (options.signal?.aborted === true) throw new StreamError('ECLOSED', 'aborted');
    const to = this.#resolve(options.host);
    return new Promise((resolve, reject) => {
      const from: StreamAddress = {
        host: isLoopback(options.host) ? '127.0.0.1' : this.#host.name,
        port: this.#freePort(),
      };
      const parts: AttemptParts = {
        lan: this.#lan,
        switchboard: this.#switchboard,
        host: this.#host,
        to,
        from,
        onStreams: this.#onStreams,
      };
      new MemoryAttempt(parts, options, { resolve, reject }).start();
    });
  }

  #resolve(host: string): LanHost {
    const found = isLoopback(host) ? this.#host : this.#lan.hosts.get(host);
    if (found !== undefined) return found;
    const code = isAddress(host) ? 'EHOSTUNREACH' : 'ENOTFOUND';
    throw new StreamError(code, host);
  }

  #checkLocal(host: string): void {
    if (isLoopback(host) || host === this.#host.name || host === '0.0.0.0' || host === '::') return;
    if (!isAddress(host) && !this.#lan.hosts.has(host)) throw new StreamError('ENOTFOUND', host);
    throw new StreamError('EADDRNOTAVAIL', host);
  }

  #freePort(): number {
    for (;;) {
      const port = this.#nextPort;
      this.#nextPort = port === PORT_MAX ? EPHEMERAL_START : port + 1;
      if (this.#switchboard.find(this.#host, port) === undefined) return port;
    }
  }
}

function checkPort(port: number, least: number): void {
  if (Number.isInteger(port) && port >= least && port <= PORT_MAX) return;
  throw new StreamError('EINVAL', `port ${port}`);
}
