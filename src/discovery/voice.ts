/**
 * What this node says of itself: datagrams of one session, each with the next counter, and the
 * memory of what it asked. One for the life of a `Discovery`, so that a stop and a start go on
 * counting.
 */
import { equalBytes, hexOf } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import {
  type Datagram,
  type DatagramKind,
  encodeDatagram,
  NONCE_BYTES,
  SESSION_ID_BYTES,
  worldHintOf,
} from './datagram.ts';

const ASKED_MAX = 16;
const NO_NONCE = new Uint8Array(NONCE_BYTES);

/** Who speaks. */
export interface DiscoveryIdentity {
  /** Ed25519 seed, 32 bytes; stays in this process. */
  readonly privateSeed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly fingerprint: string;
  readonly nodeId: string;
}

/** Where the transport can be reached. */
export interface Whereabouts {
  readonly addresses: readonly Uint8Array[];
  /** 0: nowhere. */
  readonly port: number;
}

export class Voice {
  readonly #env: Pick<Env, 'clock' | 'random' | 'crypto'>;
  readonly #identity: DiscoveryIdentity;
  readonly #worldHint: Uint8Array;
  readonly #session: Datagram['session'];
  readonly #replyMs: number;
  #counter = 0;
  #asked: { readonly nonce: Uint8Array; readonly atMs: number }[] = [];

  constructor(
    env: Pick<Env, 'clock' | 'random' | 'crypto'>,
    identity: DiscoveryIdentity,
    of: { readonly worldId: Uint8Array; readonly term: number; readonly replyMs: number },
  ) {
    this.#env = env;
    this.#identity = identity;
    this.#worldHint = worldHintOf(env.crypto, of.worldId);
    this.#replyMs = of.replyMs;
    const startedMs = Math.max(0, env.clock.wallMs());
    this.#session = { term: of.term, startedMs, id: hexOf(env.random.bytes(SESSION_ID_BYTES)) };
  }

  announce(at: Whereabouts): Uint8Array {
    return this.#say('announce', NO_NONCE, at);
  }

  goodbye(): Uint8Array {
    return this.#say('goodbye', NO_NONCE, { addresses: [], port: 0 });
  }

  reply(nonce: Uint8Array, at: Whereabouts): Uint8Array {
    return this.#say('reply', nonce, at);
  }

  probe(at: Whereabouts, nowMs: number): Uint8Array {
    const nonce = this.#env.random.bytes(NONCE_BYTES);
    this.#asked = [...this.#asked.slice(1 - ASKED_MAX), { nonce, atMs: nowMs }];
    return this.#say('probe', nonce, at);
  }

  /** Whether a probe with this nonce was made, not longer ago than a reply may take. */
  isAsked(nonce: Uint8Array, nowMs: number): boolean {
    return this.#asked.some(
      (asked) => nowMs - asked.atMs <= this.#replyMs && equalBytes(asked.nonce, nonce),
    );
  }

  #say(kind: DatagramKind, nonce: Uint8Array, at: Whereabouts): Uint8Array {
    const { publicKey, nodeId, privateSeed } = this.#identity;
    this.#counter++;
    const datagram: Datagram = {
      kind,
      worldHint: this.#worldHint,
      publicKey,
      session: this.#session,
      counter: this.#counter,
      nonce,
      nodeId,
      port: at.port,
      addresses: at.addresses,
    };
    return encodeDatagram(datagram, this.#env.crypto, privateSeed);
  }
}
