/**
 * `Streams` over TCP, TLS 1.3 on both sides and WebSocket. The certificate of an identity is made
 * when it is first used, and kept in memory as long as this object. An open listener and open
 * streams keep the process alive until they are closed.
 */
import { constants } from 'node:crypto';
import * as tls from 'node:tls';
import { hexOf } from '../../core/index.ts';
import type { Crypto } from '../env.ts';
import {
  type ConnectOptions,
  type ListenOptions,
  type Stream,
  StreamError,
  type StreamIdentity,
  type StreamListener,
  type Streams,
} from '../streams.ts';
import { makeCertificate } from './node-certificate.ts';
import { NodeDial } from './node-dial.ts';
import { NodeListener } from './node-listener.ts';
import { TLS_VERSION } from './web-socket-options.ts';

/** A process has one identity, or a few for a moment. */
const CONTEXTS_MAX = 8;

/** `Streams` of this process. */
export class NodeStreams implements Streams {
  readonly #crypto: Crypto;
  readonly #contexts = new Map<string, tls.SecureContext>();

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  async listen(options: ListenOptions): Promise<StreamListener> {
    const context = this.#contextOf(options.identity);
    const listener = new NodeListener(options, context, this.#crypto);
    await listener.start();
    return listener;
  }

  async connect(options: ConnectOptions): Promise<Stream> {
    const { port, path } = options;
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new StreamError('EINVAL', `port ${port}`);
    }
    if (!/^\/[\w/-]*$/.test(path)) throw new StreamError('EINVAL', `path ${path}`);
    return new NodeDial(options, this.#contextOf(options.identity), this.#crypto).run();
  }

  #contextOf(identity: StreamIdentity): tls.SecureContext {
    const name = hexOf(identity.publicKey);
    const known = this.#contexts.get(name);
    if (known !== undefined) return known;
    if (this.#contexts.size >= CONTEXTS_MAX) this.#contexts.clear();
    const context = tls.createSecureContext({
      ...makeCertificate(this.#crypto, identity),
      minVersion: TLS_VERSION,
      maxVersion: TLS_VERSION,
      // Each connection proves its key anew: nothing to resume.
      secureOptions: constants.SSL_OP_NO_TICKET,
    });
    this.#contexts.set(name, context);
    return context;
  }
}
