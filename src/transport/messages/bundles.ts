/**
 * `bundles`: whole bundles, as their authors sealed them, with the signed heads that cover them.
 * Lengths stand before the bodies, so that a message is one run of small fields and then the
 * bundles themselves: written without a copy, read as views of what arrived.
 */
import {
  type BundlesMessage,
  type ByteReader,
  ByteWriter,
  MalformedBytes,
  type SignedHead,
} from '../../core/index.ts';
import {
  DIGEST_BYTES,
  PUBLIC_KEY_BYTES,
  readCount,
  readOrigin,
  SIGNATURE_BYTES,
  writeCount,
  writeFixed,
  writeNumber,
  writeOrigin,
} from './fields.ts';
import type { MessageFormat } from './message-format.ts';

/** Bundles, and heads, of one message. */
const BUNDLES_MAX = 65_536;
const HEAD_BYTES_MIN = 161;

function writeHead(writer: ByteWriter, head: SignedHead): void {
  writeOrigin(writer, head.origin);
  writeNumber(writer, head.originSeq);
  writeFixed(writer, head.digest, DIGEST_BYTES);
  writeFixed(writer, head.publicKey, PUBLIC_KEY_BYTES);
  writeFixed(writer, head.signature, SIGNATURE_BYTES);
}

function readHead(reader: ByteReader): SignedHead {
  return {
    origin: readOrigin(reader),
    originSeq: reader.varint(),
    digest: reader.bytes(DIGEST_BYTES),
    publicKey: reader.bytes(PUBLIC_KEY_BYTES),
    signature: reader.bytes(SIGNATURE_BYTES),
  };
}

function readBundles(reader: ByteReader): Uint8Array[] {
  // A length and at least one byte each.
  const count = readCount(reader, 2, BUNDLES_MAX);
  const lengths: number[] = [];
  for (let index = 0; index < count; index++) {
    const length = reader.varint();
    if (length === 0) throw new MalformedBytes('an empty bundle');
    lengths.push(length);
  }
  return lengths.map((length) => reader.view(length));
}

export const bundlesFormat: MessageFormat<BundlesMessage> = {
  kind: 'bundles',
  type: 17,
  isCritical: true,
  scope: 'world',
  limit: 'bundlesBytesMax',
  encode({ frame, bundles, heads }) {
    const writer = new ByteWriter(32 + heads.length * 168 + bundles.length * 4);
    writeNumber(writer, frame);
    writeCount(writer, heads.length, BUNDLES_MAX);
    for (const head of heads) writeHead(writer, head);
    writeCount(writer, bundles.length, BUNDLES_MAX);
    let byteLength = 0;
    for (const bundle of bundles) {
      writeNumber(writer, bundle.length);
      byteLength += bundle.length;
    }
    return { parts: [writer.view(), ...bundles], byteLength: byteLength + writer.length };
  },
  decode(reader) {
    const frame = reader.varint();
    const heads: SignedHead[] = [];
    for (let left = readCount(reader, HEAD_BYTES_MIN, BUNDLES_MAX); left > 0; left--) {
      heads.push(readHead(reader));
    }
    return { kind: 'bundles', frame, bundles: readBundles(reader), heads };
  },
};
