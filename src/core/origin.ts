/**
 * Who authored a commit: 16 bytes of key id (the head of SHA-256 of the Ed25519 public key, in text
 * the fingerprint) and 16 random bytes of incarnation, one for each opening that wrote something.
 * Inside the engine an origin is those 32 bytes or their text `<32 hex>.<32 hex>`.
 */
import { bytesOfHex, hexOf } from './bytes.ts';

export const KEY_ID_BYTES = 16;
export const INCARNATION_BYTES = 16;
export const ORIGIN_BYTES = 32;

/** The text of the 32 bytes at `offset`. */
export function originText(source: Uint8Array, offset = 0): string {
  const middle = offset + KEY_ID_BYTES;
  return `${hexOf(source, offset, middle)}.${hexOf(source, middle, offset + ORIGIN_BYTES)}`;
}

/** The 32 bytes of an origin's text, or `undefined` if it is none. */
export function originBytes(text: string): Uint8Array | undefined {
  if (text.length !== 65 || text[32] !== '.') return undefined;
  return bytesOfHex(text.slice(0, 32) + text.slice(33));
}
