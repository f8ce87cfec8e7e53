/**
 * Discovery datagram, format 1, as docs/formats/discovery.md has it: what a node says of itself on
 * the local network, signed. Any bytes at all become a value or the reason why they are none; the
 * size is looked at first, and nothing is allocated by a length from the network. Decoding does not
 * check the signature: that costs a thousand times more and comes last.
 */
import {
  ByteReader,
  ByteWriter,
  err,
  hexOf,
  KEY_ID_BYTES,
  MalformedBytes,
  ok,
  type Result,
} from '../core/index.ts';
import type { Crypto } from '../env/index.ts';
import type { DropReason } from './drop-reason.ts';
import { kindOfBytes } from './ip-address.ts';

export const DATAGRAM_BYTES_MAX = 1200;
/** A probe has at least so many: no reply is larger, so none can be used to amplify. */
export const PROBE_BYTES = 320;
export const ADDRESSES_MAX = 4;
export const NONCE_BYTES = 16;
export const SESSION_ID_BYTES = 8;
export const HINT_BYTES = 8;

const MAGIC = 0x4353_4441; // "ADSC", little-endian
const FORMAT = 1;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const CONTEXT = new TextEncoder().encode('adastra/discovery/1\0');
const NODE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const KINDS = ['announce', 'probe', 'reply', 'goodbye'] as const;

export type DatagramKind = (typeof KINDS)[number];

/** One opening of discovery by one node; a later one is greater. See `compareSessions`. */
export interface Session {
  /** Term of the node's log: raised each time that its directory is opened for writing. */
  readonly term: number;
  /** Wall time of its beginning, milliseconds. */
  readonly startedMs: number;
  /** Random, 8 bytes as hex. */
  readonly id: string;
}

export interface Datagram {
  readonly kind: DatagramKind;
  readonly worldHint: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly session: Session;
  /** 1, 2, 3 … over all datagrams of a session. */
  readonly counter: number;
  /** Of a probe, and of the reply to it; else zeros. */
  readonly nonce: Uint8Array;
  readonly nodeId: string;
  /** Where its transport listens; 0: nowhere. */
  readonly port: number;
  /** 4 or 16 bytes each, at most four. */
  readonly addresses: readonly Uint8Array[];
}

/** The first 8 bytes of a hash of the world's id: tells worlds apart and gives none away. */
export function worldHintOf(crypto: Crypto, worldId: Uint8Array): Uint8Array {
  return crypto.sha256(withContext(worldId)).slice(0, HINT_BYTES);
}

/** Fingerprint of a public key, as everywhere in Adastra. */
export function fingerprintOf(crypto: Crypto, publicKey: Uint8Array): string {
  return hexOf(crypto.sha256(publicKey), 0, KEY_ID_BYTES);
}

/** By term, then by wall time, then by id: a total order. */
export function compareSessions(left: Session, right: Session): number {
  if (left.term !== right.term) return left.term - right.term;
  if (left.startedMs !== right.startedMs) return left.startedMs - right.startedMs;
  if (left.id === right.id) return 0;
  return left.id < right.id ? -1 : 1;
}

/** The signed bytes. The fields must be within their limits. */
export function encodeDatagram(
  datagram: Datagram,
  crypto: Crypto,
  privateSeed: Uint8Array,
): Uint8Array {
  const writer = new ByteWriter(512);
  writer.u32(MAGIC);
  writer.u8(FORMAT);
  writer.u8(KINDS.indexOf(datagram.kind) + 1);
  writer.bytes(datagram.worldHint);
  writer.bytes(datagram.publicKey);
  writer.u48(datagram.session.term);
  writer.u48(datagram.session.startedMs);
  for (let at = 0; at < SESSION_ID_BYTES * 2; at += 2) {
    writer.u8(Number.parseInt(datagram.session.id.slice(at, at + 2), 16));
  }
  writer.u48(datagram.counter);
  writer.bytes(datagram.nonce);
  writer.u16(datagram.port);
  writer.lengthAndText(datagram.nodeId);
  writer.u8(datagram.addresses.length);
  for (const address of datagram.addresses) writer.lengthAndBytes(address);
  const padding = PROBE_BYTES - SIGNATURE_BYTES - 2 - writer.length;
  writer.u16(datagram.kind === 'probe' ? padding : 0);
  if (datagram.kind === 'probe') writer.bytes(new Uint8Array(padding));
  writer.bytes(crypto.ed25519Sign(privateSeed, withContext(writer.view())));
  return writer.toBytes();
}

/** The value, or why there is none. The signature is not checked. */
export function decodeDatagram(bytes: Uint8Array): Result<Datagram, DropReason> {
  if (bytes.length > DATAGRAM_BYTES_MAX) return err('too_large');
  try {
    return read(new ByteReader(bytes), bytes.length);
  } catch (error) {
    if (error instanceof MalformedBytes) return err('malformed');
    throw error;
  }
}

/** Whether the key in the datagram signed the rest of it. */
export function isSigned(bytes: Uint8Array, publicKey: Uint8Array, crypto: Crypto): boolean {
  const end = bytes.length - SIGNATURE_BYTES;
  return crypto.ed25519Verify(publicKey, withContext(bytes.subarray(0, end)), bytes.slice(end));
}

function read(reader: ByteReader, size: number): Result<Datagram, DropReason> {
  if (reader.u32() !== MAGIC) return err('bad_magic');
  if (reader.u8() !== FORMAT) return err('unsupported_version');
  const kind = KINDS[reader.u8() - 1];
  if (kind === undefined) return err('malformed');
  const worldHint = reader.bytes(HINT_BYTES);
  const publicKey = reader.bytes(KEY_BYTES);
  const session = {
    term: reader.u48(),
    startedMs: reader.u48(),
    id: hexOf(reader.view(SESSION_ID_BYTES)),
  };
  const counter = reader.u48();
  const nonce = reader.bytes(NONCE_BYTES);
  const port = reader.u16();
  const nodeId = reader.text(atMost(reader.varint(), 64));
  const addresses = readAddresses(reader);
  readPadding(reader, kind);
  reader.skip(SIGNATURE_BYTES);
  reader.finish();
  if (!NODE_ID.test(nodeId) || counter === 0) return err('malformed');
  const isAsked = kind === 'probe' || kind === 'reply';
  if (isAsked === nonce.every((byte) => byte === 0)) return err('malformed');
  if (kind === 'probe' && size < PROBE_BYTES) return err('short_probe');
  return ok({ kind, worldHint, publicKey, session, counter, nonce, nodeId, port, addresses });
}

function readAddresses(reader: ByteReader): Uint8Array[] {
  const count = atMost(reader.u8(), ADDRESSES_MAX);
  const addresses: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const length = reader.u8();
    if (length !== 4 && length !== 16) throw new MalformedBytes('an address has 4 or 16 bytes');
    const address = reader.bytes(length);
    const kind = kindOfBytes(address);
    if (kind === 'multicast' || kind === 'unspecified') {
      throw new MalformedBytes('nobody listens on such an address');
    }
    addresses.push(address);
  }
  return addresses;
}

function readPadding(reader: ByteReader, kind: DatagramKind): void {
  const length = reader.u16();
  if (length > 0 && kind !== 'probe') throw new MalformedBytes('only a probe is padded');
  if (!reader.view(length).every((byte) => byte === 0)) {
    throw new MalformedBytes('padding is zeros');
  }
}

function atMost(count: number, max: number): number {
  if (count > max) throw new MalformedBytes(`${count} of at most ${max}`);
  return count;
}

/** What this key signs here can be mistaken for nothing else that it signs. */
function withContext(bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(CONTEXT.length + bytes.length);
  all.set(CONTEXT);
  all.set(bytes, CONTEXT.length);
  return all;
}
