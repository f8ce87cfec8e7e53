/**
 * Signed heads: an origin's key signs the end of its chain, and so vouches for every bundle before
 * it, whoever passes them on. How a head is signed, checked, and stands in the log behind the
 * bundles that it covers (docs/formats/commit-log.md). Whose key may write what is not its matter.
 */
import {
  ByteReader,
  type ByteWriter,
  equalBytes,
  KEY_ID_BYTES,
  MalformedBytes,
  ORIGIN_BYTES,
  originBytes,
  originText,
  type SignedHead,
} from '../../core/index.ts';
import type { Crypto } from '../../env/index.ts';
import { type LogRecord, RECORD_KIND } from '../../wal/index.ts';

const LABEL = new TextEncoder().encode('adastra/head/1\0');
const WORLD_ID_BYTES = 16;
const DIGEST_BYTES = 32;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Bytes of a head as it is stored. */
export const SIGNED_HEAD_BYTES: number =
  ORIGIN_BYTES + 6 + DIGEST_BYTES + KEY_BYTES + SIGNATURE_BYTES;

/** Who signs. */
export interface HeadSigner {
  readonly publicKey: Uint8Array;
  readonly privateSeed: Uint8Array;
}

/** Signs the chain of an own origin at `originSeq`, where its digest is `digest`. */
export function signHead(
  crypto: Crypto,
  { publicKey, privateSeed }: HeadSigner,
  worldId: Uint8Array,
  head: { readonly origin: string; readonly originSeq: number; readonly digest: Uint8Array },
): SignedHead {
  const signature = crypto.ed25519Sign(privateSeed, headMessage(worldId, head));
  const { origin, originSeq, digest } = head;
  return { origin, originSeq, digest, publicKey, signature };
}

/** Whether the origin's own key signed it, for this world. Never throws, whatever it is given. */
export function verifyHead(crypto: Crypto, worldId: Uint8Array, head: SignedHead): boolean {
  const { origin, originSeq, digest, publicKey, signature } = head;
  const bytes = originBytes(origin);
  const hasShape =
    bytes !== undefined &&
    digest.length === DIGEST_BYTES &&
    publicKey.length === KEY_BYTES &&
    signature.length === SIGNATURE_BYTES &&
    Number.isSafeInteger(originSeq) &&
    originSeq > 0 &&
    originSeq < 2 ** 48;
  if (!hasShape) return false;
  const keyId = crypto.sha256(publicKey).subarray(0, KEY_ID_BYTES);
  if (!equalBytes(keyId, bytes.subarray(0, KEY_ID_BYTES))) return false;
  return crypto.ed25519Verify(publicKey, headMessage(worldId, head), signature);
}

function headMessage(
  worldId: Uint8Array,
  { origin, originSeq, digest }: Pick<SignedHead, 'origin' | 'originSeq' | 'digest'>,
): Uint8Array {
  const bytes = new Uint8Array(LABEL.length + WORLD_ID_BYTES + ORIGIN_BYTES + 6 + DIGEST_BYTES);
  bytes.set(LABEL);
  let at = LABEL.length;
  bytes.set(worldId, at);
  at += WORLD_ID_BYTES;
  bytes.set(originBytes(origin) as Uint8Array, at);
  at += ORIGIN_BYTES;
  for (let rest = originSeq, index = 0; index < 6; index++) {
    bytes[at++] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(digest, at);
  return bytes;
}

/** 32 bytes origin, u48 originSeq, 32 bytes digest, 32 bytes public key, 64 bytes signature. */
export function writeHead(writer: ByteWriter, head: SignedHead): void {
  writer.bytes(originBytes(head.origin) as Uint8Array);
  writer.u48(head.originSeq);
  writer.bytes(head.digest);
  writer.bytes(head.publicKey);
  writer.bytes(head.signature);
}

/** Throws `MalformedBytes`. */
export function readHead(reader: ByteReader): SignedHead {
  return {
    origin: originText(reader.source, reader.skip(ORIGIN_BYTES)),
    originSeq: reader.u48(),
    digest: reader.bytes(DIGEST_BYTES),
    publicKey: reader.bytes(KEY_BYTES),
    signature: reader.bytes(SIGNATURE_BYTES),
  };
}

/** The head that a record of the log holds, own copies; `undefined` for any other record. */
export function headRecord({ kind, source, start, end }: LogRecord): SignedHead | undefined {
  if (kind !== RECORD_KIND.signedHead) return undefined;
  if (end - start !== SIGNED_HEAD_BYTES) throw new MalformedBytes('length of a signed head');
  const reader = new ByteReader(source);
  reader.rewind(source, start, end);
  return readHead(reader);
}
