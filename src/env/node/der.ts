/**
 * As much DER (X.690) as one kind of certificate needs: a writer for what we make, and a walk over
 * what a stranger sent. The walk checks every length against what is there and throws
 * `MalformedBytes`; it knows short and two-byte lengths, which is more than our certificates have.
 */
import { type ByteReader, MalformedBytes } from '../../core/index.ts';

const LONG_LENGTH = 0x80;

/** One value: tag, length, content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  if (length < LONG_LENGTH) return Buffer.concat([Uint8Array.of(tag, length), body]);
  if (length <= 0xff) return Buffer.concat([Uint8Array.of(tag, 0x81, length), body]);
  return Buffer.concat([Uint8Array.of(tag, 0x82, length >> 8, length & 0xff), body]);
}

/** One value as it was found. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The next value; tags above 30 and lengths above 65535 are refused. */
export function readDer(reader: ByteReader): DerValue {
  const tag = reader.u8();
  if ((tag & 0x1f) === 0x1f) throw new MalformedBytes('a long tag');
  const first = reader.u8();
  if (first < LONG_LENGTH) return { tag, content: reader.view(first) };
  if (first === 0x81) return { tag, content: reader.view(reader.u8()) };
  if (first !== 0x82) throw new MalformedBytes('a length of that form');
  const high = reader.u8();
  return { tag, content: reader.view(high * 256 + reader.u8()) };
}
