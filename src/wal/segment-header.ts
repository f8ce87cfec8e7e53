/**
 * The header of a segment file: whose log this is, where it goes on from, and the vector that stood
 * at its start (bytes of the store's, opaque here). It is whole or it is not valid: one checksum at
 * its end covers all of it. Pure: bytes in, fields out.
 */
import { readU32, readU48 } from '../core/index.ts';
import { assert } from '../core/index.ts';
import type { Crypto } from '../env/index.ts';
import {
  DIGEST_BYTES,
  ID_BYTES,
  LOG_FORMAT,
  SEGMENT_HEADER_BYTES_MAX,
  SEGMENT_HEADER_FIXED_BYTES,
  SEGMENT_MAGIC,
} from './format.ts';
import { putU32, putU48 } from './little-endian.ts';

/** What a segment says of itself. */
export interface SegmentHeader {
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
  readonly segment: number;
  readonly term: number;
  /** The seq of the first commit that will stand in it. */
  readonly firstSeq: number;
  /** The log up to this seq was synced when the segment was made. */
  readonly syncedThrough: number;
  /** Digest of the batch before it. */
  readonly previousDigest: Uint8Array;
  readonly vector: Uint8Array;
}

/** A header that was read, with its length, or why it cannot be. */
export type HeaderReading =
  | { readonly kind: 'header'; readonly header: SegmentHeader; readonly bytes: number }
  | { readonly kind: 'more'; readonly bytes: number }
  | { readonly kind: 'bad'; readonly reason: string }
  | { readonly kind: 'unsupported'; readonly format: number };

/** Bytes that a header with a vector of this length takes, checksum and padding included. */
export function segmentHeaderBytes(vectorBytes: number): number {
  return Math.ceil((SEGMENT_HEADER_FIXED_BYTES + vectorBytes + 4) / 8) * 8;
}

/** The bytes of a header. */
export function encodeSegmentHeader(crypto: Crypto, header: SegmentHeader): Uint8Array {
  const bytes = segmentHeaderBytes(header.vector.length);
  assert(bytes <= SEGMENT_HEADER_BYTES_MAX, 'a segment header holds its vector');
  assert(header.worldId.length === ID_BYTES && header.logId.length === ID_BYTES, 'ids of 16 bytes');
  assert(header.previousDigest.length === DIGEST_BYTES, 'a digest has 32 bytes');
  const target = new Uint8Array(bytes);
  target.set(SEGMENT_MAGIC, 0);
  target[8] = LOG_FORMAT;
  putU32(target, 12, bytes);
  target.set(header.worldId, 16);
  target.set(header.logId, 32);
  putU32(target, 48, header.segment);
  putU32(target, 52, header.term);
  putU48(target, 56, header.firstSeq);
  putU48(target, 64, header.syncedThrough);
  target.set(header.previousDigest, 72);
  putU32(target, 104, header.vector.length);
  target.set(header.vector, SEGMENT_HEADER_FIXED_BYTES);
  putU32(target, bytes - 4, crypto.crc32(target.subarray(0, bytes - 4)));
  return target;
}

/**
 * Reads a header from the first bytes of a file. `more` asks for at least that many bytes; whoever
 * cannot get them has a header that is cut short.
 */
export function decodeSegmentHeader(crypto: Crypto, source: Uint8Array): HeaderReading {
  if (source.length < 16) return { kind: 'more', bytes: SEGMENT_HEADER_FIXED_BYTES + 4 };
  for (let index = 0; index < SEGMENT_MAGIC.length; index++) {
    if (source[index] !== SEGMENT_MAGIC[index]) return { kind: 'bad', reason: 'not a commit log' };
  }
  const format = (source[8] as number) | ((source[9] as number) << 8);
  if (format > LOG_FORMAT) return { kind: 'unsupported', format };
  const bytes = readU32(source, 12);
  if (format < LOG_FORMAT || !isHeaderLength(bytes)) {
    return { kind: 'bad', reason: 'segment header: format or length' };
  }
  if (source.length < bytes) return { kind: 'more', bytes };
  if (readU32(source, bytes - 4) !== crypto.crc32(source.subarray(0, bytes - 4))) {
    return { kind: 'bad', reason: 'segment header checksum' };
  }
  return readFields(source, bytes);
}

function isHeaderLength(bytes: number): boolean {
  return (
    bytes >= SEGMENT_HEADER_FIXED_BYTES + 4 && bytes <= SEGMENT_HEADER_BYTES_MAX && bytes % 8 === 0
  );
}

function readFields(source: Uint8Array, bytes: number): HeaderReading {
  const vectorBytes = readU32(source, 104);
  if (segmentHeaderBytes(vectorBytes) !== bytes) {
    return { kind: 'bad', reason: 'segment header: vector length' };
  }
  // Flags are the one way in which format 1 can grow; a reader must know each of them.
  if (source[10] !== 0 || source[11] !== 0) return { kind: 'unsupported', format: LOG_FORMAT };
  const header: SegmentHeader = {
    worldId: source.slice(16, 32),
    logId: source.slice(32, 48),
    segment: readU32(source, 48),
    term: readU32(source, 52),
    firstSeq: readU48(source, 56),
    syncedThrough: readU48(source, 64),
    previousDigest: source.slice(72, 104),
    vector: source.slice(SEGMENT_HEADER_FIXED_BYTES, SEGMENT_HEADER_FIXED_BYTES + vectorBytes),
  };
  return { kind: 'header', header, bytes };
}
