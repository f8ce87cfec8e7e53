/**
 * One projection in a checkpoint (section `projections/<name>`, docs/formats/checkpoint.md): form,
 * version, then either its encoded state or why it was set aside. The checkpoint's checksum stands
 * over the bytes; what cannot be read all the same counts as not there, and is made anew.
 */
import { ByteReader, ByteWriter, decodeValue, encodeValue, type Value } from '../core/index.ts';
import type { ProjectionFailure } from './failure.ts';

const FORM = 1;
const LIVE = 0;
const THREW = 1;
const TRUNCATED = 2;
const PREFIX = 'projections/';

export type KeptProjection =
  | { readonly version: number; readonly value: Value; readonly bytes: number }
  | { readonly version: number; readonly failure: ProjectionFailure };

export function sectionName(projection: string): string {
  return PREFIX + projection;
}

/** Throws what `encodeValue` throws: `invalid_value`, `limit_exceeded`. */
export function encodeState(
  version: number,
  value: Value,
  limits: { readonly bytesMax: number; readonly depthMax: number },
): Uint8Array {
  const writer = new ByteWriter(1024);
  writer.u8(FORM);
  writer.varint(version);
  writer.u8(LIVE);
  const codecAt = writer.length;
  writer.u8(0);
  const { bytesMax: valueBytesMax, depthMax } = limits;
  const codec = encodeValue(writer, value, { valueBytesMax, depthMax });
  writer.buffer[codecAt] = codec;
  return writer.toBytes();
}

export function encodeFailure(version: number, failure: ProjectionFailure): Uint8Array {
  const writer = new ByteWriter(256);
  writer.u8(FORM);
  writer.varint(version);
  writer.u8(failure.kind === 'threw' ? THREW : TRUNCATED);
  writer.varint(failure.seq);
  writer.lengthAndText(failure.message);
  return writer.toBytes();
}

/** `undefined`: of another form. Throws `MalformedBytes` and what JSON throws. */
export function decodeSection(bytes: Uint8Array): KeptProjection | undefined {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== FORM) return undefined;
  const version = reader.varint();
  const state = reader.u8();
  if (state === LIVE) {
    const codec = reader.u8();
    const value = decodeValue(codec, bytes, reader.offset, bytes.length, false);
    return { version, value, bytes: bytes.length };
  }
  if (state !== THREW && state !== TRUNCATED) return undefined;
  const kind = state === THREW ? 'threw' : 'history_truncated';
  return { version, failure: { kind, seq: reader.varint(), message: reader.lengthAndText() } };
}

/** The version alone, without reading the state. */
export function versionIn(bytes: Uint8Array): number | undefined {
  try {
    const reader = new ByteReader(bytes);
    return reader.u8() === FORM ? reader.varint() : undefined;
  } catch {
    return undefined;
  }
}
