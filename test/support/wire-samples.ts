/**
 * One message of every kind that can stand on the wire, and a peer that speaks it frame by frame,
 * so that it can also speak it wrongly.
 */
import { hexOf, KEY_ID_BYTES } from '../../src/core/index.ts';
import type { Env, Stream } from '../../src/env/index.ts';
import { crc32 } from '../../src/core/index.ts';
import { patternBytes, SAMPLE_MESSAGES, sampleVector } from '../../src/testing/peer-messages.ts';
import { type ContractNode, WORLD_ID } from '../../src/testing/transport-world.ts';
import { encodeFrame, type FrameHead } from '../../src/transport/frame.ts';
import { FrameAssembler } from '../../src/transport/frame-assembler.ts';
import { wholeFrame } from '../../src/transport/frame-queue.ts';
import { DEFAULT_TRANSPORT_LIMITS } from '../../src/transport/limits.ts';
import type { HelloMessage } from '../../src/transport/messages/hello.ts';
import type { WireMessage } from '../../src/transport/messages/message-table.ts';

export const SAMPLE_HELLO: HelloMessage = {
  kind: 'hello',
  versions: { min: 1, max: 3 },
  worldId: WORLD_ID,
  fingerprint: '4'.repeat(32),
  sessionId: '5'.repeat(32),
  wallMs: 1_700_000_000_000,
  listening: { host: '192.168.1.7', port: 4747 },
  metadata: {
    nodeId: 'laptop-4444',
    displayName: 'Ann’s laptop',
    hostname: 'laptop',
    platform: 'linux',
    version: '1.2.3',
    capabilities: ['sync', 'snapshot'],
    startedAtMs: 1_699_999_000_000,
    uptimeMs: 1_000_000,
  },
  extension: new Uint8Array(0),
};

/** One of each kind, every field filled. */
export const WIRE_SAMPLES: readonly WireMessage[] = [
  SAMPLE_HELLO,
  { kind: 'welcome', version: 1, sessionId: '5'.repeat(32), wallMs: 1_700_000_000_003 },
  { kind: 'ping', id: 300, wallMs: 1_700_000_000_004 },
  { kind: 'pong', id: 300, wallMs: 1_700_000_000_005 },
  { kind: 'goodbye', reason: 'stopping' },
  { kind: 'error', code: 'world_mismatch', message: 'the two nodes belong to different worlds' },
  {
    kind: 'join',
    versions: { min: 1, max: 1 },
    inviteId: patternBytes(16),
    secret: patternBytes(32),
    nodeId: 'phone',
    listening: undefined,
  },
  {
    kind: 'joinReply',
    version: 1,
    worldId: WORLD_ID,
    inviter: '4'.repeat(32),
    role: 'witness',
    vector: sampleVector(2),
    members: [{ fingerprint: '6'.repeat(32), addresses: ['10.0.0.9:4747', '[::1]:80'] }],
  },
  ...SAMPLE_MESSAGES,
];

/** A frame made by hand: what a well-behaved peer would never send. */
export function craftedFrame(
  head: Partial<FrameHead> & { readonly type: number },
  piece: Uint8Array,
): Uint8Array {
  const whole = {
    isCritical: true,
    channel: 0,
    isFirst: true,
    isLast: true,
    totalBytes: piece.length,
  };
  return encodeFrame({ ...whole, ...head }, piece.length, {
    crc32,
    fill: (target) => target.set(piece),
  });
}

/** One that has connected to a node by hand. */
export interface RawPeer {
  readonly stream: Stream;
  readonly fingerprint: string;
  /** What the node has said, in order. */
  readonly heard: WireMessage[];
  /** Frames that came, whatever they held. */
  frames: number;
  closed: string | undefined;
  send(message: WireMessage): void;
  hello(changes?: Partial<HelloMessage>): void;
  /** Hello, and welcome as soon as the node has said hello. */
  greet(sessionId?: string): void;
}

/** Connects to `node` with a key of its own, or with that of `seed`. */
export async function rawPeer(
  env: Env,
  node: ContractNode,
  options: { readonly privateSeed?: Uint8Array; readonly onFrame?: (peer: RawPeer) => void } = {},
): Promise<RawPeer> {
  const privateSeed = options.privateSeed ?? env.random.bytes(32);
  const publicKey = env.crypto.ed25519PublicKey(privateSeed);
  const stream = await env.streams.connect({
    host: node.host,
    port: node.transport.status().address?.port ?? 0,
    path: '/peer',
    identity: { privateSeed, publicKey },
    limits: { messageBytesMax: 1 << 22, handshakeMs: 5000, streamsMax: 9, streamsPerAddressMax: 9 },
  });
  const fingerprint = hexOf(env.crypto.sha256(publicKey), 0, KEY_ID_BYTES);
  const limits = DEFAULT_TRANSPORT_LIMITS;
  const assembler = new FrameAssembler({ limits, crc32, admit: () => {}, onUnknown: () => {} });
  let greeting: string | undefined;
  const peer: RawPeer = {
    stream,
    fingerprint,
    heard: [],
    frames: 0,
    closed: undefined,
    send: (message) => stream.send(wholeFrame(message, limits, crc32)),
    hello: (changes = {}) =>
      peer.send({ ...SAMPLE_HELLO, fingerprint, versions: { min: 1, max: 1 }, ...changes }),
    greet: (sessionId = SAMPLE_HELLO.sessionId) => {
      greeting = sessionId;
      peer.hello({ sessionId });
      const [first] = peer.heard;
      if (first?.kind === 'hello') welcome(first);
    },
  };
  const welcome = ({ sessionId }: HelloMessage): void => {
    peer.send({ kind: 'welcome', version: 1, sessionId, wallMs: 0 });
  };
  const take = (message: WireMessage): void => {
    peer.heard.push(message);
    if (message.kind === 'ping') peer.send({ kind: 'pong', id: message.id, wallMs: 0 });
    if (message.kind === 'hello' && greeting !== undefined) welcome(message);
  };
  stream.attach({
    onMessage: (bytes) => {
      peer.frames += 1;
      const message = assembler.take(bytes);
      if (message !== undefined) take(message);
      options.onFrame?.(peer);
    },
    onDrain: () => {},
    onClose: (reason) => {
      peer.closed = reason;
    },
  });
  return peer;
}
