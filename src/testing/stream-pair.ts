/**
 * Listeners, connections and their ends with a memory of what they heard, for the cases of the
 * streams contract.
 */
import type {
  ConnectOptions,
  Env,
  ListenOptions,
  Stream,
  StreamIdentity,
  StreamLimits,
  StreamListener,
  StreamPeer,
} from '../env/index.ts';
import { happens, type NetworkUnderTest, settled } from './network-case.ts';

export const TEST_LIMITS: StreamLimits = {
  messageBytesMax: 4 * 1024 * 1024,
  handshakeMs: 5_000,
  streamsMax: 8,
  streamsPerAddressMax: 6,
};

/** An end and all that it heard. */
export interface HeardEnd {
  readonly stream: Stream;
  readonly messages: Uint8Array[];
  readonly closes: string[];
  drains: number;
}

/** A listener and all that it heard. */
export interface HeardListener {
  readonly listener: StreamListener;
  readonly identity: StreamIdentity;
  readonly asked: StreamPeer[];
  readonly ends: HeardEnd[];
  readonly refused: string[];
}

export function newIdentity({ random, crypto }: Env): StreamIdentity {
  const privateSeed = random.bytes(32);
  return { privateSeed, publicKey: crypto.ed25519PublicKey(privateSeed) };
}

/** Attaches handlers that remember. */
export function hear(stream: Stream): HeardEnd {
  const end: HeardEnd = { stream, messages: [], closes: [], drains: 0 };
  stream.attach({
    onMessage: (bytes) => void end.messages.push(bytes),
    onDrain: () => {
      end.drains += 1;
    },
    onClose: (reason) => void end.closes.push(reason),
  });
  return end;
}

/** Listens on `there`; accepts everybody unless told otherwise. */
export async function listenThere(
  network: NetworkUnderTest,
  options: Partial<ListenOptions> = {},
): Promise<HeardListener> {
  const identity = options.identity ?? newIdentity(network.there);
  const asked: StreamPeer[] = [];
  const ends: HeardEnd[] = [];
  const refused: string[] = [];
  const listening = network.there.streams.listen({
    host: network.thereHost,
    port: 0,
    limits: TEST_LIMITS,
    onStream: (stream) => void ends.push(hear(stream)),
    onRefused: (reason) => void refused.push(reason),
    ...options,
    identity,
    accept: (peer) => {
      asked.push(peer);
      return options.accept?.(peer);
    },
  });
  return { listener: await settled(network, listening), identity, asked, ends, refused };
}

/** Connects from `here`, by default with a new identity. */
export function dial(
  network: NetworkUnderTest,
  listener: StreamListener,
  options: Partial<ConnectOptions> = {},
): Promise<Stream> {
  const connecting = network.here.streams.connect({
    host: network.thereHost,
    port: listener.address.port,
    path: '/peer',
    identity: newIdentity(network.here),
    limits: TEST_LIMITS,
    ...options,
  });
  return settled(network, connecting);
}

/** Both ends of one new stream. */
export async function pair(
  network: NetworkUnderTest,
  there: Partial<ListenOptions> = {},
  here: Partial<ConnectOptions> = {},
): Promise<{ client: HeardEnd; server: HeardEnd; heard: HeardListener }> {
  const heard = await listenThere(network, there);
  const client = hear(await dial(network, heard.listener, here));
  await happens(network, () => heard.ends.length === 1, 'the listener should have a stream');
  return { client, server: heard.ends[0] as HeardEnd, heard };
}
