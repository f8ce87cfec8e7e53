/**
 * One `/join` stream at the inviter: one message in, one out, and the end. Whoever knocks here is
 * no member, so it gets one attempt, a deadline, and nothing but the limits of the first message.
 * Whether the invitation is good is for the engine to say.
 */
import { AdastraError } from '../core/index.ts';
import type { Env, Stream, StreamPeer, Timer } from '../env/index.ts';
import type { TransportLimits } from './limits.ts';
import type { JoinMessage } from './messages/join.ts';
import type { JoinReplyMessage } from './messages/join-reply.ts';
import type { WireMessage } from './messages/message-table.ts';
import { commonVersion, PROTOCOL_VERSIONS, versionMismatch } from './protocol.ts';
import { Wire } from './wire.ts';
import { WireFault } from './wire-fault.ts';

/** What a joiner asks for; its key is proved. */
export type JoinRequest = Omit<JoinMessage, 'kind' | 'versions'>;
/** What the inviter grants. */
export type JoinReply = Omit<JoinReplyMessage, 'kind' | 'version'>;

/** Who asks. */
export interface JoinPeer extends StreamPeer {
  readonly fingerprint: string;
}

/** Gives the reply, or resolves with or throws the error that the joiner is told. */
export type JoinHandler = (
  request: JoinRequest,
  peer: JoinPeer,
) => Promise<JoinReply | AdastraError>;

export interface JoinVisitParts {
  readonly stream: Stream;
  readonly env: Pick<Env, 'timers' | 'crypto'>;
  readonly limits: TransportLimits;
  readonly fingerprint: string;
  readonly onJoin: JoinHandler;
  /** Once, whatever came of it; `refusedFor` if nothing did. */
  onEnd(refusedFor: string | undefined): void;
}

export class JoinVisit {
  readonly #parts: JoinVisitParts;
  readonly #wire: Wire;
  #timer: Timer;
  #isAsked = false;
  #isOver = false;

  constructor(parts: JoinVisitParts) {
    this.#parts = parts;
    const { stream, env, limits } = parts;
    this.#wire = new Wire({
      stream,
      limits,
      crc32: (data) => env.crypto.crc32(data),
      admit: ({ kind }) => {
        if (kind === 'join' && !this.#isAsked) return;
        throw new WireFault('unexpected', `${kind} on a stream for joining`);
      },
      onMessage: (message) => this.#take(message),
      onUnknown: () => {
        throw new WireFault('unexpected', 'an unknown message on a stream for joining');
      },
      onDrain: () => {},
      onFault: ({ reason, message }) => this.#refuse(reason, message),
      onClose: () => this.#finish(undefined),
    });
    this.#timer = env.timers.after(limits.handshakeMs, () => this.#late(limits.handshakeMs));
  }

  start(): void {
    this.#wire.start();
  }

  /** This node stops. */
  close(): void {
    this.#wire.end('stopping', { kind: 'error', code: 'unavailable', message: 'stopping' });
    this.#finish(undefined);
  }

  #take(message: WireMessage): void {
    if (message.kind !== 'join') return;
    const { env, limits } = this.#parts;
    this.#isAsked = true;
    this.#timer.cancel();
    this.#timer = env.timers.after(limits.joinMs, () => this.#late(limits.joinMs));
    const version = commonVersion(PROTOCOL_VERSIONS, message.versions);
    if (version === undefined) {
      this.#refuse('version_mismatch', versionMismatch(PROTOCOL_VERSIONS, message.versions));
      return;
    }
    void this.#answer(message, version);
  }

  async #answer({ kind: _kind, versions: _versions, ...request }: JoinMessage, version: number) {
    const { stream, fingerprint, onJoin } = this.#parts;
    const { remoteKey, remoteAddress, path } = stream;
    let reply: JoinReply | AdastraError;
    try {
      reply = await onJoin(request, { remoteKey, remoteAddress, path, fingerprint });
    } catch (error) {
      if (!AdastraError.is(error)) {
        this.#refuse('unavailable', 'the inviter could not answer');
        throw error;
      }
      reply = error;
    }
    if (AdastraError.is(reply)) {
      this.#refuse(reply.code, reply.message);
      return;
    }
    if (this.#isOver) return;
    this.#wire.send({ kind: 'joinReply', version, ...reply });
    // The joiner closes when it has read it; until then what waits must be able to leave.
    this.#timer.cancel();
    const { env, limits } = this.#parts;
    this.#timer = env.timers.after(limits.handshakeMs, () => {
      this.#wire.end('joined');
      this.#finish(undefined);
    });
  }

  #late(ms: number): void {
    this.#refuse('join_timeout', `no join after ${ms} ms`);
  }

  #refuse(code: string, message: string): void {
    if (this.#isOver) return;
    this.#wire.end(code, { kind: 'error', code, message });
    this.#finish(code);
  }

  #finish(refusedFor: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.cancel();
    this.#parts.onEnd(refusedFor);
  }
}
