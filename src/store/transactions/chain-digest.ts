/**
 * The chain of an origin's bundles: each digest covers the one before it, so the last one names all
 * of them, in order, to the bit.
 */
import type { Crypto } from '../../env/index.ts';

const PREFIX_BYTES = 36;

/** A bundle of a chain: an own copy of its bytes, and the digest behind it. */
export interface ChainedBundle {
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
}

/** Copies a bundle and goes on in its chain: SHA-256(digest before ‖ u32 length ‖ bytes). */
export function chainedBundle(
  crypto: Pick<Crypto, 'sha256'>,
  before: Uint8Array,
  bytes: Uint8Array,
): ChainedBundle {
  const { length } = bytes;
  // One copy serves both: what is hashed must stand in one piece, and the caller may reuse its own.
  const whole = new Uint8Array(PREFIX_BYTES + length);
  whole.set(before);
  for (let index = 0; index < 4; index++) whole[32 + index] = (length >>> (8 * index)) & 0xff;
  whole.set(bytes, PREFIX_BYTES);
  return { bytes: whole.subarray(PREFIX_BYTES), digest: crypto.sha256(whole) };
}

/** The digest alone. */
export function chainDigest(
  crypto: Pick<Crypto, 'sha256'>,
  before: Uint8Array,
  bytes: Uint8Array,
): Uint8Array {
  return chainedBundle(crypto, before, bytes).digest;
}
