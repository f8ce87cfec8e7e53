/**
 * The contract of `Crypto`: known answers. SHA-256 from FIPS 180-4, CRC-32 the usual check value,
 * Ed25519 from RFC 8032 § 7.1 (tests 1 to 3).
 */
import { check, checkEqual } from './contract-case.ts';
import type { EnvCase } from './env-case.ts';

function fromHex(hex: string): Uint8Array {
  const pairs = hex.match(/../g) ?? [];
  return new Uint8Array(pairs.map((pair) => Number.parseInt(pair, 16)));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

const SHA256_ANSWERS: readonly (readonly [string, string])[] = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
];

interface Ed25519Answer {
  readonly seed: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}

const ED25519_ANSWERS: readonly Ed25519Answer[] = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
];

/** CRC-32 bit by bit: slow, plain, and enough to compare with. */
function crc32Bitwise(data: Uint8Array): number {
  let sum = ~0;
  for (const byte of data) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 167 + (at >> 3)) & 0xff);
}

/** Cases about cryptography. */
export const cryptoCases: readonly EnvCase[] = [
  {
    name: 'sha256: known answers, in memory of its own',
    run: ({ env: { crypto } }) => {
      for (const [text, digest] of SHA256_ANSWERS) {
        checkEqual(toHex(crypto.sha256(ascii(text))), digest, `sha256 of '${text}'`);
      }
      const view = ascii('xabcx').subarray(1, 4);
      checkEqual(toHex(crypto.sha256(view)), SHA256_ANSWERS[1]?.[1], 'sha256 of a view');
      const kept = crypto.sha256(view);
      const copy = kept.slice(0, 4);
      copy[0] = 0;
      checkEqual(kept[0], 0xba, 'a slice is a copy');
    },
  },
  {
    name: 'crc32: known answers at every length, in one go and continued',
    run: ({ env: { crypto } }) => {
      checkEqual(crypto.crc32(new Uint8Array(0)), 0, 'crc32 of nothing');
      checkEqual(crypto.crc32(ascii('123456789')), 0xcbf43926, 'check value');
      for (let length = 1; length < 400; length++) {
        const data = pattern(length);
        const sum = crc32Bitwise(data);
        checkEqual(crypto.crc32(data), sum, `crc32 of ${length} bytes`);
        const cut = length >> 1;
        const continued = crypto.crc32(data.subarray(cut), crypto.crc32(data.subarray(0, cut)));
        checkEqual(continued, sum, `crc32 of ${length} bytes in two parts`);
      }
    },
  },
  {
    name: 'ed25519: the vectors of RFC 8032',
    run: ({ env: { crypto } }) => {
      for (const answer of ED25519_ANSWERS) {
        const [seed, message] = [fromHex(answer.seed), fromHex(answer.message)];
        const publicKey = crypto.ed25519PublicKey(seed);
        checkEqual(toHex(publicKey), answer.publicKey, 'public key');
        const signature = crypto.ed25519Sign(seed, message);
        checkEqual(toHex(signature), answer.signature, 'signature');
        check(crypto.ed25519Verify(publicKey, message, signature), 'verifies');
      }
    },
  },
  {
    name: 'ed25519: nothing else verifies, and nothing throws',
    run: ({ env: { crypto } }) => {
      const [seed, message] = [pattern(32), ascii('message')];
      const publicKey = crypto.ed25519PublicKey(seed);
      const signature = crypto.ed25519Sign(seed, message);
      const flipped = signature.slice();
      flipped[10] = (flipped[10] as number) ^ 1;
      check(!crypto.ed25519Verify(publicKey, message, flipped), 'another signature');
      check(!crypto.ed25519Verify(publicKey, ascii('messagE'), signature), 'another message');
      const other = crypto.ed25519PublicKey(pattern(64).subarray(32));
      check(!crypto.ed25519Verify(other, message, signature), 'another key');
      check(!crypto.ed25519Verify(publicKey, message, signature.subarray(1)), 'a short signature');
      check(!crypto.ed25519Verify(publicKey.subarray(1), message, signature), 'a short key');
      check(!crypto.ed25519Verify(new Uint8Array(32).fill(255), message, signature), 'no key');
    },
  },
];
