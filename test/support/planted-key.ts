/**
 * Keys that tests sign with: those of nodes that were opened, and those of authors that do not
 * exist. Whoever has a key may sign any head, also one that an honest node never would.
 */
import { hexOf, type SignedHead } from '../../src/core/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import { type HeadSigner, signHead } from '../../src/store/transactions/index.ts';

const CRYPTO = new NodeCrypto();
const signers = new Map<string, HeadSigner>();

export interface PlantedKey extends HeadSigner {
  readonly fingerprint: string;
}

/** The key whose private seed is this byte, 32 times. */
export function plantedKey(byte: number): PlantedKey {
  const privateSeed = new Uint8Array(32).fill(byte);
  const publicKey = CRYPTO.ed25519PublicKey(privateSeed);
  const fingerprint = hexOf(CRYPTO.sha256(publicKey), 0, 16);
  const key = { privateSeed, publicKey, fingerprint };
  noteSigner(fingerprint, key);
  return key;
}

export function noteSigner(fingerprint: string, signer: HeadSigner): void {
  signers.set(fingerprint, signer);
}

/** A head by the key of its origin; by a key of nobody where that is not known here. */
export function headBy(
  worldId: Uint8Array,
  head: { readonly origin: string; readonly originSeq: number; readonly digest: Uint8Array },
): SignedHead {
  const signer = signers.get(head.origin.slice(0, 32)) ?? plantedKey(0xee);
  return signHead(CRYPTO, signer, worldId, head);
}
