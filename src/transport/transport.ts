/**
 * Links with other nodes over the `Streams` port: takes connections, makes those that are wanted,
 * settles on one link per node, and carries `PeerMessage` values over it. It knows neither sync nor
 * store: who may connect is asked, what arrives is handed up. A start that fails, a peer that
 * misbehaves or a network that breaks leaves it, and every other link, usable.
 */
import { AdastraError } from '../core/index.ts';
import type { Stream, StreamAddress, StreamListener, StreamPeer } from '../env/index.ts';
import { checkHost, checkPort, parseAddress } from './address.ts';
import { AttemptRate } from './attempt-rate.ts';
import type { DeadlineOptions } from './deadline.ts';
import { Dialer, type DialTarget } from './dialer.ts';
import { JoinVisit } from './join-visit.ts';
import type { Link } from './link.ts';
import type { DialAddress } from './messages/metadata.ts';
import { SessionBook } from './session-book.ts';
import { startError } from './stream-error.ts';
import { streamLimitsOf } from './stream-limits.ts';
import type { TransportOptions } from './transport-options.ts';

export interface TransportState {
  readonly state: 'off' | 'running';
  /** Where it listens. */
  readonly address: StreamAddress | undefined;
  readonly links: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Connections turned away, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

export class Transport {
  readonly #options: TransportOptions;
  readonly #book: SessionBook;
  readonly #dialer: Dialer;
  readonly #joins: AttemptRate;
  readonly #visits = new Set<JoinVisit>();
  #listener: StreamListener | undefined;
  #starting: Promise<StreamAddress> | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    const { env, limits } = options;
    this.#joins = new AttemptRate(limits.joinsPerMinuteMax, limits.joinsPerAddressMax);
    this.#book = new SessionBook({
      options,
      listening: () => this.#listener?.address,
      onUp: (fingerprint) => this.#dialer.linkUp(fingerprint),
      onDown: (fingerprint, livedMs, error) => this.#dialer.linkDown(fingerprint, livedMs, error),
    });
    this.#dialer = new Dialer({
      env,
      limits,
      dial: (address, fingerprint, signal) =>
        this.#book.dial(address, fingerprint, { timeoutMs: limits.dialMs, signal }),
      isUp: (fingerprint) => this.#book.link(fingerprint) !== undefined,
    });
  }

  /**
   * Takes connections; the real port is in the answer. Throws `invalid_host`, `invalid_port`,
   * `port_in_use`, `permission_denied`, `io_error`; `already_exists` if it listens. Nothing is
   * changed by a failure.
   */
  async start({ host, port }: StreamAddress): Promise<StreamAddress> {
    checkHost(host);
    checkPort(port, 0);
    if (this.#listener !== undefined || this.#starting !== undefined) {
      throw new AdastraError('already_exists', 'the transport is started already');
    }
    this.#starting = this.#listen({ host, port });
    try {
      return await this.#starting;
    } finally {
      this.#starting = undefined;
    }
  }

  /** Says goodbye on every link, wants none any more, and takes no more connections. */
  async stop(): Promise<void> {
    // A start that fails is its caller's matter.
    await this.#starting?.catch(() => {});
    const listener = this.#listener;
    this.#listener = undefined;
    this.#dialer.stop();
    this.#book.closeAll('stopping');
    for (const visit of [...this.#visits]) visit.close();
    await listener?.close();
  }

  /** The link with this node, if it is up. */
  link(fingerprint: string): Link | undefined {
    return this.#book.link(fingerprint);
  }

  /** All links that are up. */
  links(): Link[] {
    return this.#book.links();
  }

  /** Wants a link; see `Dialer.keep`. */
  keep(fingerprint: string | undefined, addresses: readonly string[]): void {
    this.#dialer.keep(fingerprint, addresses);
  }

  /** Wants it no more: a fingerprint, or the first address of a target without one. */
  drop(key: string): void {
    this.#dialer.drop(key);
  }

  /** The node has been seen on the network: the next attempt is now. */
  nudge(fingerprint: string): void {
    this.#dialer.nudge(fingerprint);
  }

  targets(): DialTarget[] {
    return this.#dialer.targets();
  }

  /**
   * One attempt; resolves with the link, or with the one that the node at `target` (`host:port`)
   * already has. Default deadline: `dialMs`. Throws `AdastraError`: `invalid_host`, `invalid_port`,
   * `peer_unreachable`, `timeout`, `aborted`, `peer_unproven`, `peer_refused`, `version_mismatch`,
   * `world_mismatch`, `upgrade_needed`, `overloaded`.
   */
  async connectOnce(
    target: string,
    options: Partial<DeadlineOptions> & { readonly fingerprint?: string } = {},
  ): Promise<Link> {
    const { timeoutMs = this.#options.limits.dialMs, signal, fingerprint } = options;
    return this.#book.dial(parseAddress(target), fingerprint, { timeoutMs, signal });
  }

  status(): TransportState {
    return {
      state: this.#listener === undefined ? 'off' : 'running',
      address: this.#listener?.address,
      ...this.#book.counters(),
    };
  }

  // Connections that come in

  async #listen(address: DialAddress): Promise<StreamAddress> {
    const { env, identity, limits } = this.#options;
    try {
      this.#listener = await env.streams.listen({
        ...address,
        identity,
        limits: streamLimitsOf(limits),
        accept: (peer) => this.#accept(peer),
        onStream: (stream) => this.#welcome(stream),
        onRefused: (reason, from) => this.#book.countRefused(reason, from),
      });
    } catch (error) {
      throw startError(error, address);
    }
    return this.#listener.address;
  }

  #accept({ path, remoteKey, remoteAddress }: StreamPeer): string | undefined {
    const { handlers, limits, env } = this.#options;
    if (path === '/peer') return handlers.judge(this.#book.peerOf(remoteKey), 'in');
    if (path !== '/join' || handlers.onJoin === undefined) return 'unknown_path';
    const isAllowed =
      this.#visits.size < limits.joinsMax &&
      this.#joins.take(remoteAddress.host, env.clock.monoMs());
    return isAllowed ? undefined : 'too_many_joins';
  }

  #welcome(stream: Stream): void {
    if (this.#listener === undefined && this.#starting === undefined) {
      stream.destroy('stopping');
    } else if (stream.path === '/join') {
      this.#visit(stream);
    } else {
      this.#book.open(stream);
    }
  }

  #visit(stream: Stream): void {
    const { env, limits, handlers } = this.#options;
    const { onJoin } = handlers;
    if (onJoin === undefined || this.#visits.size >= limits.joinsMax) {
      this.#book.countRefused('too_many_joins', stream.remoteAddress);
      stream.destroy('too_many_joins');
      return;
    }
    const { fingerprint } = this.#book.peerOf(stream.remoteKey);
    const visit = new JoinVisit({
      stream,
      env,
      limits,
      fingerprint,
      onJoin,
      onEnd: (refusedFor) => {
        this.#visits.delete(visit);
        this.#book.countBytes(stream);
        if (refusedFor !== undefined) this.#book.countRefused(refusedFor, stream.remoteAddress);
      },
    });
    this.#visits.add(visit);
    visit.start();
  }
}
