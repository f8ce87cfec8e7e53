/**
 * The certificate that a node shows in TLS. TLS needs a P-256 key (browsers refuse Ed25519 there),
 * identity is an Ed25519 key; so the certificate is self-signed by a P-256 key made for this
 * process and carries, in an extension, the Ed25519 key and its signature over the P-256 key.
 * Neither key touches the disk here. Validity dates mean nothing and are fixed: the clock of a node
 * may be wrong.
 */
import * as nodeCrypto from 'node:crypto';
import type { Crypto } from '../env.ts';
import type { StreamIdentity } from '../streams.ts';
import { der } from './der.ts';

/** 2.25.UUID (X.667), the UUID drawn once for this purpose: content of the object identifier. */
export const EXTENSION_OID: Buffer = Buffer.from('6983fac5b589b9d5ffb9dfccd3fac4fbbc84d528', 'hex');
export const EXTENSION_VERSION = 1;
/** Before the SubjectPublicKeyInfo in what the Ed25519 key signs. */
export const SIGNED_PREFIX: Buffer = Buffer.from('adastra/certificate/1\0', 'latin1');

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
const EXPLICIT_VERSION = 0xa0;
const EXPLICIT_EXTENSIONS = 0xa3;
const ECDSA_WITH_SHA256 = Buffer.from('2a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('550403', 'hex');

/** What TLS is given, as PEM. */
export interface CertifiedKey {
  readonly key: string;
  readonly cert: string;
}

/** A new P-256 key, certified by the identity. */
export function makeCertificate(crypto: Crypto, identity: StreamIdentity): CertifiedKey {
  const { privateKey, publicKey } = nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const signed = Buffer.concat([SIGNED_PREFIX, keyInfo]);
  const signature = crypto.ed25519Sign(identity.privateSeed, signed);
  const proof = Buffer.concat([Uint8Array.of(EXTENSION_VERSION), identity.publicKey, signature]);
  return { key: pemOf(privateKey), cert: certificatePem(privateKey, keyInfo, proof) };
}

/** A self-signed certificate with these proofs in it, whatever they say; ours have one. */
export function certificatePem(
  privateKey: nodeCrypto.KeyObject,
  keyInfo: Uint8Array,
  ...proofs: readonly Uint8Array[]
): string {
  const algorithm = der(SEQUENCE, der(OBJECT_ID, ECDSA_WITH_SHA256));
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, der(OBJECT_ID, COMMON_NAME), text('adastra'))));
  const extensions = proofs.map((proof) =>
    der(SEQUENCE, der(OBJECT_ID, EXTENSION_OID), der(OCTET_STRING, der(OCTET_STRING, proof))),
  );
  const body = der(
    SEQUENCE,
    der(EXPLICIT_VERSION, der(INTEGER, Uint8Array.of(2))),
    der(INTEGER, Uint8Array.of(1), nodeCrypto.randomBytes(15)),
    algorithm,
    name,
    der(SEQUENCE, time('20200101000000Z'), time('99991231235959Z')),
    name,
    keyInfo,
    der(EXPLICIT_EXTENSIONS, der(SEQUENCE, ...extensions)),
  );
  const signature = nodeCrypto.sign('sha256', body, privateKey);
  const whole = der(SEQUENCE, body, algorithm, der(BIT_STRING, Uint8Array.of(0), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) as string[];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function pemOf(key: nodeCrypto.KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function text(value: string): Buffer {
  return der(UTF8_STRING, Buffer.from(value));
}

function time(value: string): Buffer {
  return der(GENERALIZED_TIME, Buffer.from(value));
}
