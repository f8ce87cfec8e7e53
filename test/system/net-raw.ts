/**
 * Strangers on real sockets: connections made by hand, certificates that prove nothing, and a
 * listener that remembers whom it turned away.
 */
import * as nodeCrypto from 'node:crypto';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { expect } from 'vitest';
import {
  type Env,
  type Stream,
  type StreamIdentity,
  STREAM_REFUSALS,
  type StreamLimits,
} from '../../src/env/index.ts';
import { nodeEnv } from '../../src/env/node/index.ts';
import {
  certificatePem,
  type CertifiedKey,
  makeCertificate,
  SIGNED_PREFIX,
} from '../../src/env/node/node-certificate.ts';
import { hear, type HeardEnd } from '../../src/testing/stream-pair.ts';

export const env: Env = nodeEnv();
export const HOST = '127.0.0.1';
export const LIMITS: StreamLimits = {
  messageBytesMax: 1_048_576,
  handshakeMs: 2_000,
  streamsMax: 8,
  streamsPerAddressMax: 8,
};

export function newIdentity(): StreamIdentity {
  const privateSeed = env.random.bytes(32);
  return { privateSeed, publicKey: env.crypto.ed25519PublicKey(privateSeed) };
}

export function goodCertificate(identity: StreamIdentity = newIdentity()): CertifiedKey {
  return makeCertificate(env.crypto, identity);
}

/** A certificate whose proofs are made from a P-256 key that it may or may not have. */
export function badCertificate(
  proofs: (good: Buffer, identity: StreamIdentity) => readonly Uint8Array[],
): CertifiedKey {
  const { privateKey, publicKey } = nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const identity = newIdentity();
  const signed = Buffer.concat([SIGNED_PREFIX, keyInfo]);
  const signature = env.crypto.ed25519Sign(identity.privateSeed, signed);
  const good = Buffer.concat([Uint8Array.of(1), identity.publicKey, signature]);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { key, cert: certificatePem(privateKey, keyInfo, ...proofs(good, identity)) };
}

/** A listener, who was turned away, what it has. */
export interface Fortress {
  readonly port: number;
  readonly identity: StreamIdentity;
  readonly refused: string[];
  readonly ends: HeardEnd[];
  close(): Promise<void>;
}

export async function fortress(limits: Partial<StreamLimits> = {}): Promise<Fortress> {
  const identity = newIdentity();
  const refused: string[] = [];
  const ends: HeardEnd[] = [];
  const listener = await env.streams.listen({
    host: HOST,
    port: 0,
    identity,
    limits: { ...LIMITS, ...limits },
    accept: () => undefined,
    onStream: (stream) => void ends.push(hear(stream)),
    onRefused: (reason) => void refused.push(reason),
  });
  const close = async (): Promise<void> => {
    await listener.close();
    for (const { stream } of ends) stream.destroy('end of the test');
  };
  return { port: listener.address.port, identity, refused, ends, close };
}

/** Exactly these were turned away, and a node that may still gets in. */
export async function stands(fort: Fortress, ...reasons: string[]): Promise<void> {
  await until(() => fort.refused.length >= reasons.length);
  await pause(30);
  expect(fort.refused).toEqual(reasons);
  const known = fort.ends.length;
  const stream = await dial(fort.port);
  await until(() => fort.ends.length === known + 1);
  stream.destroy('enough');
  await until(() => fort.ends[known]?.closes.length === 1);
  expect(fort.refused).toEqual(reasons);
  expect(reasons.every((reason) => SOME_REFUSALS.includes(reason))).toBe(true);
}

const SOME_REFUSALS: readonly string[] = Object.values(STREAM_REFUSALS);

export function dial(
  port: number,
  options: { expectedKeyId?: Uint8Array; limits?: StreamLimits } = {},
): Promise<Stream> {
  const identity = newIdentity();
  return env.streams.connect({
    host: HOST,
    port,
    path: '/peer',
    identity,
    limits: LIMITS,
    ...options,
  });
}

/** A socket of a stranger, and all that it was sent. */
export interface RawSocket {
  readonly socket: net.Socket;
  text(): string;
  readonly isClosed: () => boolean;
}

export function remember(socket: net.Socket): RawSocket {
  const chunks: Buffer[] = [];
  let isClosed = false;
  socket.on('data', (chunk) => void chunks.push(chunk));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
  });
  const text = (): string => Buffer.concat(chunks).toString('latin1');
  return { socket, text, isClosed: () => isClosed };
}

export async function rawTcp(port: number): Promise<RawSocket> {
  const raw = remember(net.connect({ host: HOST, port }));
  await new Promise((resolve) => raw.socket.once('connect', resolve));
  return raw;
}

/** TLS as our nodes speak it, unless told otherwise; does not wait. */
export function rawTls(port: number, options: tls.ConnectionOptions = {}): RawSocket {
  const base = { host: HOST, port, rejectUnauthorized: false, ALPNProtocols: ['adastra/1'] };
  return remember(tls.connect({ ...base, ...options }));
}

export function upgradeRequest(path = '/peer', ...headers: string[]): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: adastra',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A stream of a member who then speaks WebSocket by hand. */
export async function rawStream(fort: Fortress): Promise<{ raw: RawSocket; end: HeardEnd }> {
  const raw = rawTls(fort.port, goodCertificate());
  raw.socket.write(upgradeRequest());
  await until(() => raw.text().includes('101 Switching') && fort.ends.length > 0);
  return { raw, end: fort.ends.at(-1) as HeardEnd };
}

export async function until(isTrue: () => boolean, maxMs = 10_000): Promise<void> {
  const endMs = performance.now() + maxMs;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`never came true: ${isTrue.toString()}`);
    await pause(2);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** TCP handles that this process has open. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
}
