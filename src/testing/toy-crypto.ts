/**
 * Hashes and signatures for worlds that live inside one test: quick, without any library,
 * deterministic, and worthless against anybody who wants to forge. Never use it for data.
 */
import { crc32, equalBytes } from '../core/index.ts';
import type { Crypto } from '../env/index.ts';

const WORDS = 8;
const PRIME = 0x01000193;

/** Fulfils the port as far as nodes need it to work with each other. */
export function toyCrypto(): Crypto {
  const sign = (publicKey: Uint8Array, message: Uint8Array): Uint8Array =>
    joined([mixed(1, publicKey, message), mixed(2, publicKey, message)]);
  const publicKeyOf = (privateSeed: Uint8Array): Uint8Array => mixed(3, privateSeed);
  return {
    sha256: (data) => mixed(0, data),
    crc32,
    ed25519PublicKey: publicKeyOf,
    ed25519Sign: (privateSeed, message) => sign(publicKeyOf(privateSeed), message),
    ed25519Verify: (publicKey, message, signature) =>
      equalBytes(sign(publicKey, message), signature),
  };
}

/** 32 bytes, of eight FNV sums that begin differently and stir each other. */
function mixed(domain: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const words = Uint32Array.from({ length: WORDS }, (_, at) => 0x811c9dc5 ^ (domain * 31 + at));
  let at = 0;
  const add = (byte: number): void => {
    const before = words[(at + WORDS - 1) % WORDS] as number;
    words[at] = Math.imul((words[at] as number) ^ byte ^ (before >>> 13), PRIME);
    at = (at + 1) % WORDS;
  };
  for (const part of parts) {
    for (let index = 0; index < 4; index++) add((part.length >>> (index * 8)) & 0xff);
    for (const byte of part) add(byte);
  }
  for (let round = 0; round < WORDS * 8; round++) add(round);
  const bytes = new Uint8Array(WORDS * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => view.setUint32(index * 4, word, true));
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
