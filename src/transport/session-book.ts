/**
 * All `/peer` streams of a transport, from their opening to their end: those that came in and those
 * that were dialled, which of them are links, who waits for one, and what was counted over all.
 */
import { AdastraError, bytesOfHex, hexOf, KEY_ID_BYTES } from '../core/index.ts';
import { type Stream, STREAM_ENDS, type StreamAddress } from '../env/index.ts';
import { Deadline, type DeadlineOptions } from './deadline.ts';
import { LinkTable } from './link-table.ts';
import type { Link, LinkEnd } from './link.ts';
import type { HelloMessage } from './messages/hello.ts';
import type { DialAddress } from './messages/metadata.ts';
import { PROTOCOL_VERSIONS } from './protocol.ts';
import { RefusalCount } from './refusal-count.ts';
import { Session } from './session.ts';
import { dialError, endError } from './stream-error.ts';
import { streamLimitsOf } from './stream-limits.ts';
import type { ProvedPeer, TransportOptions } from './transport-options.ts';

const SESSION_BYTES = 16;
const NO_EXTENSION = new Uint8Array(0);
/** Ends of a stream that are faults of the other side. */
const BROKEN: readonly string[] = [STREAM_ENDS.tooLong, STREAM_ENDS.malformed];

interface Waiting {
  resolve(link: Link): void;
  reject(end: LinkEnd): void;
}

export interface SessionBookParts {
  readonly options: TransportOptions;
  /** Where this node takes connections. */
  listening(): StreamAddress | undefined;
  /** A node is linked, before its handler is told. */
  onUp(fingerprint: string): void;
  /** A link is down, after its handler was told. */
  onDown(fingerprint: string, livedMs: number, error: AdastraError): void;
}

export class SessionBook {
  readonly #parts: SessionBookParts;
  readonly #options: TransportOptions;
  readonly #sessionId: string;
  readonly #table: LinkTable;
  readonly #sessions = new Set<Session>();
  /** Who waits for a session that this side dialled. */
  readonly #waiting = new Map<Session, Waiting>();
  readonly #dials = new Set<Deadline>();
  readonly #refused = new RefusalCount();
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(parts: SessionBookParts) {
    this.#parts = parts;
    this.#options = parts.options;
    const { env, limits, identity } = parts.options;
    this.#sessionId = hexOf(env.random.bytes(SESSION_BYTES));
    this.#table = new LinkTable({
      self: identity.fingerprint,
      linksMax: limits.linksMax,
      onUp: (session) => this.#up(session),
    });
  }

  /** The link with this node, if it is up. */
  link(fingerprint: string): Link | undefined {
    return this.#table.get(fingerprint);
  }

  links(): Link[] {
    return [...this.#table];
  }

  /** Ends dials, and says goodbye on every session. */
  closeAll(reason: string): void {
    const stopped = new AdastraError('aborted', 'the transport is stopped');
    for (const deadline of [...this.#dials]) deadline.end(stopped);
    for (const session of [...this.#sessions]) session.close(reason);
  }

  /** Over all streams that there were. */
  counters(): {
    readonly links: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
    readonly refused: Readonly<Record<string, number>>;
  } {
    let [bytesIn, bytesOut] = [this.#bytesIn, this.#bytesOut];
    for (const session of this.#sessions) {
      bytesIn += session.bytesIn;
      bytesOut += session.bytesOut;
    }
    return { links: this.#table.size, bytesIn, bytesOut, refused: this.#refused.toRecord() };
  }

  peerOf(publicKey: Uint8Array): ProvedPeer {
    const digest = this.#options.env.crypto.sha256(publicKey);
    return { publicKey, fingerprint: hexOf(digest, 0, KEY_ID_BYTES) };
  }

  /** A stream has ended. */
  countBytes({ bytesIn, bytesOut }: Stream): void {
    this.#bytesIn += bytesIn;
    this.#bytesOut += bytesOut;
  }

  countRefused(reason: string, address: StreamAddress): void {
    this.#refused.add(reason);
    this.#options.handlers.onRefused(reason, address);
  }

  /** One attempt to have a link with the node at `address`; rejects with an `AdastraError`. */
  async dial(
    address: DialAddress,
    fingerprint: string | undefined,
    options: DeadlineOptions,
  ): Promise<Link> {
    const { env, identity, limits } = this.#options;
    const deadline = new Deadline(env.timers, options);
    this.#dials.add(deadline);
    try {
      const opening = env.streams.connect({
        ...address,
        path: '/peer',
        identity,
        limits: streamLimitsOf(limits),
        expectedKeyId: fingerprint === undefined ? undefined : bytesOfHex(fingerprint),
        signal: deadline.signal,
      });
      const stream = await deadline.race(opening, (late) => late.destroy('too late'));
      return await this.#linkOver(stream, address, deadline);
    } catch (error) {
      throw deadline.error ?? dialError(error, address);
    } finally {
      deadline.release();
      this.#dials.delete(deadline);
    }
  }

  async #linkOver(stream: Stream, address: DialAddress, deadline: Deadline): Promise<Link> {
    const reason = this.#options.handlers.judge(this.peerOf(stream.remoteKey), 'out');
    if (reason !== undefined) {
      stream.destroy('refused');
      this.countRefused(reason, stream.remoteAddress);
      throw new AdastraError(
        'peer_refused',
        `this node does not talk to ${address.host}: ${reason}`,
        {
          details: { ...address, reason },
        },
      );
    }
    const session = this.open(stream);
    const up = new Promise<Link>((resolve, reject) => {
      if (session.end !== undefined) reject(endError(session.end, address));
      const end = (how: LinkEnd): void => reject(endError(how, address));
      this.#waiting.set(session, { resolve, reject: end });
    });
    const giveUp = (): void => session.close('gave up');
    deadline.signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await up;
    } finally {
      deadline.signal.removeEventListener('abort', giveUp);
      this.#waiting.delete(session);
    }
  }

  /** Takes a stream whose key has been judged. */
  open(stream: Stream): Session {
    const { env, limits, handlers } = this.#options;
    const session = new Session({
      stream,
      env,
      limits,
      hello: this.#hello(),
      fingerprint: this.peerOf(stream.remoteKey).fingerprint,
      onEstablished: (established) => this.#table.add(established),
      onMessage: (link, message) => handlers.onMessage(link, message),
      onDrain: (link) => handlers.onDrain(link),
      onEnd: (ended, end) => {
        this.countBytes(stream);
        this.#ended(ended, end);
      },
    });
    this.#sessions.add(session);
    session.start();
    return session;
  }

  #hello(): HelloMessage {
    const { identity, worldId, env } = this.#options;
    const address = this.#parts.listening();
    return {
      kind: 'hello',
      versions: PROTOCOL_VERSIONS,
      worldId,
      fingerprint: identity.fingerprint,
      sessionId: this.#sessionId,
      wallMs: env.clock.wallMs(),
      listening: address === undefined ? undefined : { host: address.host, port: address.port },
      metadata: this.#options.metadata(),
      extension: NO_EXTENSION,
    };
  }

  #up(session: Session): void {
    this.#parts.onUp(session.fingerprint);
    this.#options.handlers.onLink(session);
    // It may have been closed at once by whoever was told.
    if (session.end === undefined) session.release();
    this.#waiting.get(session)?.resolve(session);
  }

  #ended(session: Session, end: LinkEnd): void {
    const { handlers, env } = this.#options;
    const { fingerprint, address } = session;
    this.#sessions.delete(session);
    if (end.by === 'stream' && BROKEN.includes(end.message)) {
      this.countRefused(end.message, address);
    } else if (end.by === 'fault') {
      this.countRefused(end.reason, address);
      if (end.reason === 'duplicate_identity') handlers.onDuplicate(fingerprint);
    }
    this.#table.remove(session, () => {
      const livedMs = env.clock.monoMs() - session.upSinceMs;
      handlers.onLinkDown(session, end);
      const lastError = new AdastraError('peer_unreachable', `the link ended: ${end.message}`, {
        details: { reason: end.reason, by: end.by },
      });
      this.#parts.onDown(fingerprint, livedMs, lastError);
    });
    const instead = end.reason === 'duplicate' ? this.#table.get(fingerprint) : undefined;
    if (instead === undefined) this.#waiting.get(session)?.reject(end);
    else this.#waiting.get(session)?.resolve(instead);
  }
}
