/**
 * A member of a world that is no node: it has joined by an invitation, and speaks the wire protocol
 * by hand over real sockets, so that it can also speak it wrongly.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinWorld } from '../../src/client/index.ts';
import {
  bytesOfHex,
  crc32,
  hexOf,
  KEY_ID_BYTES,
  type OpenMessage,
  type SignedHead,
  Vector,
} from '../../src/core/index.ts';
import type { Env, Stream } from '../../src/env/index.ts';
import { nodeEnv } from '../../src/env/node/index.ts';
import { FrameAssembler } from '../../src/transport/frame-assembler.ts';
import { FrameQueue, wholeFrame } from '../../src/transport/frame-queue.ts';
import { DEFAULT_TRANSPORT_LIMITS } from '../../src/transport/limits.ts';
import type { HelloMessage } from '../../src/transport/messages/hello.ts';
import type { WireMessage } from '../../src/transport/messages/message-table.ts';
import { noteSigner } from './planted-key.ts';
import { SAMPLE_HELLO } from './wire-samples.ts';

const env: Env = nodeEnv();
const LIMITS = { ...DEFAULT_TRANSPORT_LIMITS };
/** Of its own messages none is too long for it. */
const PIECES = { ...LIMITS, bundlesBytesMax: 1 << 26 };

const OPEN: OpenMessage = {
  kind: 'open',
  vector: new Vector(),
  levelMin: 1,
  levelMax: 1,
  filter: 'all',
  stateHash: undefined,
  wallMs: env.clock.wallMs(),
};

export interface Key {
  readonly privateSeed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly fingerprint: string;
}

/** A key that nobody knows. */
export function strangersKey(): Key {
  return keyOf(env.random.bytes(32));
}

/** Joins by a code and gives the key with which it did. */
export async function joinedKey(code: string, folder: string): Promise<Key> {
  await joinWorld(folder, code);
  const text = readFileSync(join(folder, 'identity', 'node.json'), 'utf8');
  const { privateSeed } = JSON.parse(text) as { privateSeed: string };
  return keyOf(bytesOfHex(privateSeed) as Uint8Array);
}

function keyOf(privateSeed: Uint8Array): Key {
  const publicKey = env.crypto.ed25519PublicKey(privateSeed);
  const fingerprint = hexOf(env.crypto.sha256(publicKey), 0, KEY_ID_BYTES);
  const key = { privateSeed, publicKey, fingerprint };
  noteSigner(fingerprint, key);
  return key;
}

/** Where a node listens, and in which world. */
export interface Victim {
  readonly port: number;
  readonly worldId: string;
}

/** One connection made by hand. */
export class HostileLink {
  readonly key: Key;
  readonly heard: WireMessage[] = [];
  readonly #victim: Victim;
  readonly #stream: Stream;
  #closed: string | undefined;
  #lastFrame = 0;

  private constructor(stream: Stream, key: Key, victim: Victim) {
    this.#stream = stream;
    this.key = key;
    this.#victim = victim;
    const assembler = new FrameAssembler({
      limits: LIMITS,
      crc32,
      admit: () => {},
      onUnknown: () => {},
    });
    stream.attach({
      onMessage: (bytes) => {
        const message = assembler.take(bytes);
        if (message !== undefined) this.#take(message);
      },
      onDrain: () => {},
      onClose: (reason) => {
        this.#closed = reason;
      },
    });
  }

  /** A stream with a proved key; nothing is said on it. Rejects with what refused it. */
  static async dial(victim: Victim, key: Key): Promise<HostileLink> {
    const stream = await env.streams.connect({
      host: '127.0.0.1',
      port: victim.port,
      path: '/peer',
      identity: key,
      limits: {
        messageBytesMax: 1 << 26,
        handshakeMs: 5000,
        streamsMax: 9,
        streamsPerAddressMax: 9,
      },
    });
    return new HostileLink(stream, key, victim);
  }

  /** A link on which both have said where they stand: this one, that it has nothing. */
  static async open(victim: Victim, key: Key): Promise<HostileLink> {
    const link = await HostileLink.dial(victim, key);
    link.hello();
    await link.until(() => link.said('open'));
    link.send(OPEN);
    return link;
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  said(kind: WireMessage['kind']): boolean {
    return this.heard.some((message) => message.kind === kind);
  }

  /** The `error` message with which the node ended the link. */
  get errorCode(): string | undefined {
    const message = this.heard.find(({ kind }) => kind === 'error');
    return message?.kind === 'error' ? message.code : undefined;
  }

  hello(changes: Partial<HelloMessage> = {}): void {
    const { fingerprint } = this.key;
    this.send({
      ...SAMPLE_HELLO,
      worldId: this.#victim.worldId,
      fingerprint,
      sessionId: hexOf(env.random.bytes(16)),
      versions: { min: 1, max: 1 },
      listening: undefined,
      wallMs: env.clock.wallMs(),
      ...changes,
    });
  }

  send(message: WireMessage): void {
    this.#stream.send(wholeFrame(message, LIMITS, crc32));
  }

  /** In pieces as a node would send it. */
  bundles(bundles: readonly Uint8Array[], heads: readonly SignedHead[]): void {
    this.#lastFrame += 1;
    this.sendPieces({ kind: 'bundles', frame: this.#lastFrame, bundles, heads });
  }

  sendPieces(message: WireMessage): void {
    const queue = new FrameQueue(PIECES, crc32);
    queue.push(message);
    for (let frame = queue.next(); frame !== undefined; frame = queue.next()) this.raw(frame);
  }

  raw(bytes: Uint8Array): void {
    this.#stream.send(bytes);
  }

  /** Reads no more, as a process that is stopped. */
  stopReading(): void {
    this.#stream.pause();
  }

  /** Refusals in acks, of what was sent. */
  refusals(): { origin: string; kind: string; reason: string }[] {
    return this.heard.flatMap((message) => (message.kind === 'ack' ? [...message.refusals] : []));
  }

  async until(isTrue: () => boolean, maxMs = 10_000): Promise<void> {
    const endMs = performance.now() + maxMs;
    while (!isTrue()) {
      if (performance.now() > endMs) {
        const kinds = this.heard.map(({ kind }) => kind).join(' ');
        throw new Error(`never: ${isTrue.toString()}; closed: ${this.#closed}; heard: ${kinds}`);
      }
      // oxlint-disable-next-line no-await-in-loop -- waiting is the point
      await new Promise((resolve) => void setTimeout(resolve, 5));
    }
  }

  async close(): Promise<void> {
    if (!this.isClosed) this.#stream.destroy('done');
    await this.until(() => this.isClosed);
  }

  #take(message: WireMessage): void {
    this.heard.push(message);
    if (message.kind === 'ping') this.send({ kind: 'pong', id: message.id, wallMs: 0 });
    if (message.kind === 'hello') {
      const { sessionId } = message;
      this.send({ kind: 'welcome', version: 1, sessionId, wallMs: 0 });
    }
  }
}
