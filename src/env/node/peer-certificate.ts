/**
 * Which Ed25519 key a peer's certificate proves. TLS has proved that the peer holds the P-256 key
 * of the certificate; here it is checked that the identity signed exactly that key. The key is
 * taken from OpenSSL's reading of the certificate, not from ours, so that both mean the same one;
 * the extension has to be there exactly once. Nothing else in the certificate counts.
 */
import type { X509Certificate } from 'node:crypto';
import { ByteReader, equalBytes, MalformedBytes } from '../../core/index.ts';
import type { Crypto } from '../env.ts';
import { readDer } from './der.ts';
import { EXTENSION_OID, EXTENSION_VERSION, SIGNED_PREFIX } from './node-certificate.ts';

const OCTET_STRING = 0x04;
const BOOLEAN = 0x01;
const EXPLICIT_EXTENSIONS = 0xa3;
const KEY_BYTES = 32;

/** The proved raw Ed25519 key, or `undefined` where the certificate proves none. */
export function provedKey(crypto: Crypto, certificate: X509Certificate): Uint8Array | undefined {
  try {
    return checkProof(crypto, certificate, proofOf(certificate.raw));
  } catch (error) {
    // What OpenSSL cannot read in it throws errors with a code; both mean that nothing is proved.
    if (error instanceof MalformedBytes || (error as { code?: unknown }).code !== undefined) {
      return undefined;
    }
    throw error;
  }
}

function checkProof(
  crypto: Crypto,
  certificate: X509Certificate,
  proof: Uint8Array,
): Uint8Array | undefined {
  if (proof[0] !== EXTENSION_VERSION) return undefined;
  const key = proof.slice(1, 1 + KEY_BYTES);
  const keyInfo = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const signed = Buffer.concat([SIGNED_PREFIX, keyInfo]);
  // Of any other length, neither key nor signature would be one.
  const isSigned = crypto.ed25519Verify(key, signed, proof.subarray(1 + KEY_BYTES));
  return isSigned ? key : undefined;
}

/** Content of the one extension; throws `MalformedBytes` if there is none, or more than one. */
function proofOf(certificate: Uint8Array): Uint8Array {
  const body = readDer(inside(readDer(new ByteReader(certificate)).content));
  const fields = inside(body.content);
  const proofs: Uint8Array[] = [];
  while (fields.remaining > 0) {
    const field = readDer(fields);
    if (field.tag === EXPLICIT_EXTENSIONS) collectProofs(field.content, proofs);
  }
  const [proof] = proofs;
  if (proof === undefined || proofs.length > 1) throw new MalformedBytes('not one proof');
  return proof;
}

function collectProofs(content: Uint8Array, proofs: Uint8Array[]): void {
  const extensions = inside(readDer(inside(content)).content);
  while (extensions.remaining > 0) {
    const extension = inside(readDer(extensions).content);
    const id = readDer(extension);
    let value = readDer(extension);
    if (value.tag === BOOLEAN) value = readDer(extension);
    if (!equalBytes(id.content, EXTENSION_OID)) continue;
    const inner = inside(value.content);
    const proof = readDer(inner);
    inner.finish();
    if (proof.tag !== OCTET_STRING) throw new MalformedBytes('not a string of bytes');
    proofs.push(proof.content);
  }
}

function inside(content: Uint8Array): ByteReader {
  return new ByteReader(content);
}
