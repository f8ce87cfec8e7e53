/**
 * Nodes that do nothing but transport, for its contract: each keeps what it was told, and its
 * streams can be broken from outside. Over any `Env`, so that one suite tries the memory network
 * and real sockets.
 */
import type { NodeMetadata, PeerMessage } from '../core/index.ts';
import { hexOf } from '../core/index.ts';
import type { Env, Stream, StreamAddress, Streams } from '../env/index.ts';
import {
  type JoinReply,
  type Link,
  type LinkEnd,
  Transport,
  type TransportHandlers,
  type TransportLimits,
  validateTransportLimits,
} from '../transport/index.ts';
import { check } from './contract-case.ts';

/** Two machines, and time. */
export interface TransportUnderTest {
  readonly first: { readonly env: Env; readonly host: string };
  readonly second: { readonly env: Env; readonly host: string };
  /** Lets time pass until it is true; `false` after some ten seconds. */
  until(isTrue: () => boolean): Promise<boolean>;
  cleanup(): Promise<void>;
}

/** What one node was told, in order. */
export interface Told {
  readonly links: Link[];
  readonly downs: LinkEnd[];
  readonly messages: PeerMessage[];
  readonly refused: string[];
  readonly duplicates: string[];
  drains: number;
}

export interface ContractNode {
  readonly env: Env;
  readonly host: string;
  readonly fingerprint: string;
  readonly transport: Transport;
  readonly told: Told;
  readonly identity: { readonly privateSeed: Uint8Array; readonly publicKey: Uint8Array };
  /** Every stream that it has opened or taken. */
  readonly streams: Stream[];
}

export interface ContractNodeOptions {
  readonly limits?: Partial<TransportLimits> | undefined;
  readonly worldId?: string | undefined;
  readonly privateSeed?: Uint8Array | undefined;
  readonly judge?: TransportHandlers['judge'] | undefined;
  readonly onJoin?: TransportHandlers['onJoin'];
  readonly onMessage?: TransportHandlers['onMessage'] | undefined;
}

export const WORLD_ID: string = 'ab'.repeat(16);

/** The same port, remembering its streams. */
function watched(streams: Streams, seen: Stream[]): Streams {
  return {
    listen: (options) =>
      streams.listen({
        ...options,
        onStream: (stream) => {
          seen.push(stream);
          options.onStream(stream);
        },
      }),
    connect: async (options) => {
      const stream = await streams.connect(options);
      seen.push(stream);
      return stream;
    },
  };
}

function metadataOf(nodeId: string, env: Env): NodeMetadata {
  return {
    nodeId,
    displayName: `Node ${nodeId}`,
    hostname: env.host.hostname,
    platform: env.host.platform,
    version: '1.0.0',
    capabilities: ['sync'],
    startedAtMs: 1000,
    uptimeMs: 5,
  };
}

/** A node with a key of its own; not started. */
export function contractNode(
  machine: { readonly env: Env; readonly host: string },
  options: ContractNodeOptions = {},
): ContractNode {
  const { env, host } = machine;
  const privateSeed = options.privateSeed ?? env.random.bytes(32);
  const publicKey = env.crypto.ed25519PublicKey(privateSeed);
  const fingerprint = hexOf(env.crypto.sha256(publicKey), 0, 16);
  const streams: Stream[] = [];
  const told: Told = {
    links: [],
    downs: [],
    messages: [],
    refused: [],
    duplicates: [],
    drains: 0,
  };
  const handlers: TransportHandlers = {
    judge: options.judge ?? (() => undefined),
    onLink: (link) => told.links.push(link),
    onMessage: (link, message) => {
      told.messages.push(message);
      options.onMessage?.(link, message);
    },
    onDrain: () => {
      told.drains += 1;
    },
    onLinkDown: (_link, end) => told.downs.push(end),
    onRefused: (reason) => told.refused.push(reason),
    onDuplicate: (twice) => told.duplicates.push(twice),
    onJoin: options.onJoin,
  };
  const transport = new Transport({
    env: { ...env, streams: watched(env.streams, streams) },
    identity: { privateSeed, publicKey, fingerprint },
    worldId: options.worldId ?? WORLD_ID,
    metadata: () => metadataOf(fingerprint.slice(0, 4), env),
    limits: validateTransportLimits(options.limits),
    handlers,
  });
  const identity = { privateSeed, publicKey };
  return { env, host, fingerprint, transport, told, identity, streams };
}

/** Starts to listen, on a port of its own. */
export async function startedAt(node: ContractNode): Promise<StreamAddress> {
  return node.transport.start({ host: node.host, port: 0 });
}

/** The text to dial. */
export function targetOf({ host, port }: StreamAddress): string {
  return `${host}:${port}`;
}

/** Waits; throws if it does not come true. */
export async function reach(
  world: TransportUnderTest,
  what: string,
  isTrue: () => boolean,
): Promise<void> {
  check(await world.until(isTrue), what);
}

/** What a promise gives, while time passes. */
export async function settled<T>(world: TransportUnderTest, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const done = (): void => {
    isSettled = true;
  };
  void promise.catch(() => {}).finally(done);
  check(await world.until(() => isSettled), 'should have been settled');
  return promise;
}

/** A reply that any inviter of the contract gives. */
export function replyOf(inviter: string, vector: JoinReply['vector']): JoinReply {
  return {
    worldId: WORLD_ID,
    inviter,
    role: 'write',
    vector,
    members: [{ fingerprint: inviter, addresses: ['10.0.0.1:4747'] }],
  };
}

/** A case before it is bound to machines. */
export interface TransportCase {
  readonly name: string;
  run(world: TransportUnderTest): Promise<void>;
}

/** Two nodes, and their link as each sees it. */
export interface Pair {
  readonly a: ContractNode;
  readonly b: ContractNode;
  /** At A, which has dialled. */
  readonly ab: Link;
  readonly ba: Link;
}

/** Two nodes with a link. */
export async function pairOf(
  world: TransportUnderTest,
  options: ContractNodeOptions = {},
): Promise<Pair> {
  const a = contractNode(world.first, options);
  const b = contractNode(world.second, options);
  const address = await settled(world, startedAt(b));
  const ab = await settled(world, a.transport.connectOnce(targetOf(address)));
  await reach(world, 'both sides have the link', () => b.told.links.length === 1);
  return { a, b, ab, ba: b.told.links[0] as Link };
}

/** Stops them. */
export async function stopAll(world: TransportUnderTest, ...nodes: ContractNode[]): Promise<void> {
  for (const node of nodes) await settled(world, node.transport.stop());
}
