/**
 * Cryptography by Node's OpenSSL and zlib. The choices are measured (Node 20, a small cloud
 * machine): a one-shot SHA-256 of 32 bytes that leaves as a string and is copied takes 0.3 µs, as a
 * Buffer 1.0, through `createHash` 1.3; our CRC-32 beats zlib's up to about 160 bytes, at 4 KiB
 * zlib is four times as quick. Making a key object costs ten times a signature, so key objects are
 * kept.
 *
 * Results are plain `Uint8Array`s that own their memory, never Buffers: a Buffer's `slice` shares.
 */
import * as nodeCrypto from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as zlib from 'node:zlib';
import { crc32 } from '../../core/index.ts';
import { assert } from '../../core/index.ts';
import type { Crypto } from '../env.ts';

const ZLIB_CRC_BYTES_MIN = 160;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/**
 * What a node meets: its own key and those of the members; more than that costs time, not memory.
 */
const KEYS_KEPT_MAX = 512;

/** DER that wraps a raw Ed25519 key (RFC 8410): PKCS #8 before a seed, SPKI before a public key. */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function importPrivate(seed: Uint8Array): KeyObject {
  const der = Buffer.concat([PRIVATE_PREFIX, seed]);
  return nodeCrypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function importPublic(publicKey: Uint8Array): KeyObject {
  const der = Buffer.concat([PUBLIC_PREFIX, publicKey]);
  return nodeCrypto.createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** Key objects by raw key; the one made first goes when there are too many. */
class KeyCache {
  readonly #keys = new Map<string, KeyObject>();
  readonly #make: (raw: Uint8Array) => KeyObject;

  constructor(make: (raw: Uint8Array) => KeyObject) {
    this.#make = make;
  }

  get(raw: Uint8Array): KeyObject {
    const name = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1');
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const made = this.#make(raw);
    if (this.#keys.size >= KEYS_KEPT_MAX) this.#dropOldest();
    this.#keys.set(name, made);
    return made;
  }

  #dropOldest(): void {
    for (const name of this.#keys.keys()) {
      this.#keys.delete(name);
      return;
    }
  }
}

/** `Crypto` over `node:crypto` and `node:zlib`. */
export class NodeCrypto implements Crypto {
  readonly #privateKeys = new KeyCache(importPrivate);
  readonly #publicKeys = new KeyCache(importPublic);

  sha256(data: Uint8Array): Uint8Array {
    const text = nodeCrypto.hash('sha256', data, 'binary');
    const digest = new Uint8Array(32);
    for (let at = 0; at < 32; at++) digest[at] = text.charCodeAt(at);
    return digest;
  }

  crc32(data: Uint8Array, seed = 0): number {
    return data.length < ZLIB_CRC_BYTES_MIN ? crc32(data, seed) : zlib.crc32(data, seed);
  }

  ed25519PublicKey(privateSeed: Uint8Array): Uint8Array {
    const spki = nodeCrypto
      .createPublicKey(this.#privateKey(privateSeed))
      .export({ format: 'der', type: 'spki' });
    return new Uint8Array(spki.subarray(PUBLIC_PREFIX.length));
  }

  ed25519Sign(privateSeed: Uint8Array, message: Uint8Array): Uint8Array {
    return new Uint8Array(nodeCrypto.sign(null, message, this.#privateKey(privateSeed)));
  }

  /** Never throws: a key or signature of the wrong length verifies nothing. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
    return nodeCrypto.verify(null, message, this.#publicKeys.get(publicKey), signature);
  }

  #privateKey(seed: Uint8Array): KeyObject {
    assert(seed.length === KEY_BYTES, 'an Ed25519 seed has 32 bytes');
    return this.#privateKeys.get(seed);
  }
}
