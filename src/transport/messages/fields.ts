/**
 * The fields that messages are made of. Readers check order and range as well as bounds, so that
 * every value has exactly one encoding, and bound each count by the bytes that are left before they
 * loop. Writers cut texts that are for people only; whatever else does not fit is a fault of ours.
 */
import {
  assert,
  type ByteReader,
  type ByteWriter,
  bytesOfHex,
  hexOf,
  KEY_ID_BYTES,
  MalformedBytes,
  ORIGIN_BYTES,
  originBytes,
  originText,
  utf8Length,
  Vector,
} from '../../core/index.ts';

export const DIGEST_BYTES = 32;
export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
/** Names, addresses and reasons, as UTF-8. */
export const TEXT_BYTES_MAX = 255;
/** Of the text that names a snapshot. */
export const SNAPSHOT_ID_BYTES_MAX = 64;
/** Items of a list that has no tighter bound. */
export const LIST_MAX = 4096;

const VECTOR_ENTRY_BYTES_MIN = ORIGIN_BYTES + 1 + DIGEST_BYTES;

/** A whole number from 0 to 2^53 − 1 as varint. */
export function writeNumber(writer: ByteWriter, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, `${value} is no number that the wire has`);
  writer.varint(value);
}

/** A wall time or an uptime: whole milliseconds, not below 0. */
export function writeMs(writer: ByteWriter, ms: number): void {
  writer.varint(Math.min(Math.max(0, Math.floor(ms)), Number.MAX_SAFE_INTEGER));
}

/** Bytes of a length that the format fixes. */
export function writeFixed(writer: ByteWriter, bytes: Uint8Array, length: number): void {
  assert(bytes.length === length, `${bytes.length} bytes where the wire has ${length}`);
  writer.bytes(bytes);
}

/** Lower-case hex as the bytes it stands for. */
export function writeHex(writer: ByteWriter, hex: string, length: number): void {
  const bytes = bytesOfHex(hex);
  assert(bytes !== undefined, `${hex} is no hex`);
  writeFixed(writer, bytes, length);
}

export function readHex(reader: ByteReader, length: number): string {
  const at = reader.skip(length);
  return hexOf(reader.source, at, at + length);
}

/** The key id that a fingerprint is the text of. */
export function writeFingerprint(writer: ByteWriter, fingerprint: string): void {
  writeHex(writer, fingerprint, KEY_ID_BYTES);
}

export function readFingerprint(reader: ByteReader): string {
  return readHex(reader, KEY_ID_BYTES);
}

export function writeOrigin(writer: ByteWriter, origin: string): void {
  const bytes = originBytes(origin);
  assert(bytes !== undefined, `${origin} is no origin`);
  writer.bytes(bytes);
}

export function readOrigin(reader: ByteReader): string {
  return originText(reader.source, reader.skip(ORIGIN_BYTES));
}

/** Text for people: what is longer than `bytesMax` as UTF-8 is cut. */
export function writeText(
  writer: ByteWriter,
  text: string,
  bytesMax: number = TEXT_BYTES_MAX,
): void {
  let fitting = text.length > bytesMax ? text.slice(0, bytesMax) : text;
  while (utf8Length(fitting) > bytesMax) fitting = fitting.slice(0, -1);
  // Half of a pair is no character.
  writer.lengthAndText(/[\ud800-\udbff]$/.test(fitting) ? fitting.slice(0, -1) : fitting);
}

export function readText(reader: ByteReader, bytesMax: number = TEXT_BYTES_MAX): string {
  const byteLength = reader.varint();
  if (byteLength > bytesMax) throw new MalformedBytes(`text of ${byteLength} bytes`);
  return reader.text(byteLength);
}

/** A name that must come back as it is: never cut. */
export function writeSnapshotId(writer: ByteWriter, id: string): void {
  assert(utf8Length(id) <= SNAPSHOT_ID_BYTES_MAX, `${id} is too long to name a snapshot`);
  writer.lengthAndText(id);
}

/** A byte that is 0 or 1. */
export function readFlag(reader: ByteReader): boolean {
  const flag = reader.u8();
  if (flag > 1) throw new MalformedBytes(`flag ${flag}`);
  return flag === 1;
}

/** Which of `names` a byte stands for. */
export function readName<T extends string>(reader: ByteReader, names: readonly T[]): T {
  const name = names[reader.u8()];
  if (name === undefined) throw new MalformedBytes(`none of ${names.join(', ')}`);
  return name;
}

/** A flag, then 32 bytes if it is 1. */
export function writeOptionalDigest(writer: ByteWriter, digest: Uint8Array | undefined): void {
  writer.u8(digest === undefined ? 0 : 1);
  if (digest !== undefined) writeFixed(writer, digest, DIGEST_BYTES);
}

export function readOptionalDigest(reader: ByteReader): Uint8Array | undefined {
  return readFlag(reader) ? reader.bytes(DIGEST_BYTES) : undefined;
}

/** A count of items that take at least `bytesMin` each: what is left bounds it. */
export function readCount(
  reader: ByteReader,
  bytesMin: number,
  countMax: number = LIST_MAX,
): number {
  const count = reader.varint();
  if (count > countMax || count * bytesMin > reader.remaining) {
    throw new MalformedBytes(`${count} items in ${reader.remaining} bytes`);
  }
  return count;
}

export function writeCount(writer: ByteWriter, count: number, countMax: number = LIST_MAX): void {
  assert(count <= countMax, `${count} items where the wire has ${countMax} at most`);
  writer.varint(count);
}

export function writeVector(writer: ByteWriter, vector: Vector): void {
  writer.bytes(vector.encode());
}

/** Entries must ascend and begin at 1, so that a vector has one encoding. */
export function readVector(reader: ByteReader): Vector {
  const start = reader.offset;
  const count = reader.varint();
  if (count > Math.floor(reader.remaining / VECTOR_ENTRY_BYTES_MIN)) {
    throw new MalformedBytes(`${count} origins in ${reader.remaining} bytes`);
  }
  let before = -1;
  for (let index = 0; index < count; index++) {
    const at = reader.skip(ORIGIN_BYTES);
    if (before !== -1 && !isAscending(reader.source, before, at)) {
      throw new MalformedBytes('origins do not ascend');
    }
    before = at;
    if (reader.varint() === 0) throw new MalformedBytes('originSeq 0');
    reader.skip(DIGEST_BYTES);
  }
  reader.offset = start;
  return Vector.decode(reader);
}

function isAscending(source: Uint8Array, left: number, right: number): boolean {
  for (let index = 0; index < ORIGIN_BYTES; index++) {
    const difference = (source[left + index] as number) - (source[right + index] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
