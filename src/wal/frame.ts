/**
 * One batch frame: sealing it (digest, header, both checksums, in place) and reading its header
 * back. Pure but for the crypto port. The frame checksum and the header checksum are seeded with
 * the place, so bytes that stand anywhere else than where they were written are not a frame; the
 * batch digest knows nothing of the place, so it is the same in a backup or a follower.
 */
import { readU32, readU48 } from '../core/index.ts';
import { ByteWriter } from '../core/index.ts';
import type { Crypto } from '../env/index.ts';
import type { BatchBuilder } from './batch-builder.ts';
import { crc32Range, crc32Short } from './checksum.ts';
import {
  DIGEST_BYTES,
  DIGEST_KIND_SHA256,
  DIGEST_TAG,
  FRAME_BYTES_MAX,
  FRAME_HEADER_BYTES,
  FRAME_MARKER,
} from './format.ts';
import { putU32, putU48 } from './little-endian.ts';

const DIGEST_AT = 32;
const PREVIOUS_AT = 64;
const FRAME_CRC_AT = 72;
const HEADER_CRC_AT = 76;
const SCRATCH_KEPT_BYTES = 1024 * 1024;

/** Where a frame goes and what it follows; one object, changed and used again by the writer. */
export interface FramePlace {
  /** `placeSeed` of where it will stand. */
  seed: number;
  term: number;
  firstSeq: number;
  syncedThrough: number;
  previousDigest: Uint8Array;
}

/** Seals batches of one world. */
export class FrameSealer {
  readonly #crypto: Crypto;
  readonly #scratch: ByteWriter = new ByteWriter(4096);
  readonly #prefix: Uint8Array;

  constructor(crypto: Crypto, worldId: Uint8Array) {
    this.#crypto = crypto;
    this.#prefix = new Uint8Array(DIGEST_TAG.length + worldId.length);
    this.#prefix.set(DIGEST_TAG, 0);
    this.#prefix.set(worldId, DIGEST_TAG.length);
  }

  /** Fills in the header of `batch`; returns the batch digest (32 bytes, the caller's own). */
  seal(batch: BatchBuilder, place: FramePlace): Uint8Array {
    const { frame, count, leftOut } = batch;
    const { length, buffer } = frame;
    const digest = this.digest(buffer, FRAME_HEADER_BYTES, length, leftOut, count, place);
    putU32(buffer, 0, FRAME_MARKER);
    putU32(buffer, 4, length - FRAME_HEADER_BYTES);
    putU32(buffer, 8, place.term);
    putU32(buffer, 12, count);
    putU48(buffer, 16, place.firstSeq);
    buffer[22] = DIGEST_KIND_SHA256;
    buffer[23] = 0;
    putU48(buffer, 24, place.syncedThrough);
    buffer[30] = 0;
    buffer[31] = 0;
    buffer.set(digest, DIGEST_AT);
    for (let index = 0; index < 8; index++) {
      buffer[PREVIOUS_AT + index] = place.previousDigest[index] as number;
    }
    const headerCrc = crc32Short(buffer, 0, FRAME_CRC_AT, place.seed);
    const frameCrc = crc32Range(this.#crypto, buffer, FRAME_HEADER_BYTES, length, headerCrc);
    putU32(buffer, FRAME_CRC_AT, frameCrc);
    putU32(buffer, HEADER_CRC_AT, crc32Short(buffer, FRAME_CRC_AT, HEADER_CRC_AT, headerCrc));
    return digest;
  }

  /** The digest of a payload, with the stretches in `leftOut` left out. */
  digest(
    source: Uint8Array,
    start: number,
    end: number,
    leftOut: readonly number[],
    count: number,
    place: Pick<FramePlace, 'firstSeq' | 'previousDigest'>,
  ): Uint8Array {
    const scratch = this.#scratch;
    scratch.reset();
    scratch.shrink(SCRATCH_KEPT_BYTES);
    scratch.bytes(this.#prefix);
    scratch.u48(place.firstSeq);
    scratch.u32(count);
    scratch.bytes(place.previousDigest);
    let from = start;
    for (let index = 0; index < leftOut.length; index += 2) {
      scratch.bytes(source, from, leftOut[index]);
      from = leftOut[index + 1] as number;
    }
    scratch.bytes(source, from, end);
    return this.#crypto.sha256(scratch.view());
  }
}

/** The header of the frame read last; one object per reader, used again. */
export class FrameHeader {
  payloadBytes = 0;
  term = 0;
  count = 0;
  firstSeq = 0;
  syncedThrough = 0;
  /** The batch digest; copied, valid until the next header is read. */
  readonly digest: Uint8Array = new Uint8Array(DIGEST_BYTES);
  /** First 8 bytes of the digest before it, as two numbers. */
  previousLow = 0;
  previousHigh = 0;
  /** CRC over bytes 0…71, from which the frame checksum goes on. */
  checksumSoFar = 0;
  checksum = 0;

  /** The last seq of the batch; for one that takes no seq the one before it. */
  get lastSeq(): number {
    return this.firstSeq + this.count - 1;
  }

  /** Bytes of the whole frame. */
  get frameBytes(): number {
    return FRAME_HEADER_BYTES + this.payloadBytes;
  }
}

/** Why bytes are not a frame header; `unsupported`: a valid one that a newer version wrote. */
export type HeaderFault = 'marker' | 'header checksum' | 'length' | 'mark' | 'unsupported';

/** Reads the 80 bytes at `at`; nothing of them is believed before the header checksum fits. */
export function parseFrameHeader(
  source: Uint8Array,
  at: number,
  seed: number,
  into: FrameHeader,
): HeaderFault | undefined {
  if (readU32(source, at) !== FRAME_MARKER) return 'marker';
  const soFar = crc32Short(source, at, at + FRAME_CRC_AT, seed);
  const headerCrc = crc32Short(source, at + FRAME_CRC_AT, at + HEADER_CRC_AT, soFar);
  if (readU32(source, at + HEADER_CRC_AT) !== headerCrc) return 'header checksum';
  into.checksumSoFar = soFar;
  into.payloadBytes = readU32(source, at + 4);
  into.term = readU32(source, at + 8);
  into.count = readU32(source, at + 12);
  into.firstSeq = readU48(source, at + 16);
  into.syncedThrough = readU48(source, at + 24);
  for (let index = 0; index < DIGEST_BYTES; index++) {
    into.digest[index] = source[at + DIGEST_AT + index] as number;
  }
  into.previousLow = readU32(source, at + PREVIOUS_AT);
  into.previousHigh = readU32(source, at + PREVIOUS_AT + 4);
  into.checksum = readU32(source, at + FRAME_CRC_AT);
  if (into.payloadBytes > FRAME_BYTES_MAX) return 'length';
  if (into.syncedThrough >= into.firstSeq) return 'mark';
  const reserved = (source[at + 23] as number) | (source[at + 30] as number);
  if (source[at + 22] !== DIGEST_KIND_SHA256 || reserved !== 0 || source[at + 31] !== 0) {
    return 'unsupported';
  }
  return undefined;
}

/** Whether the payload behind a header that was read is what was written. */
export function frameChecksumFits(
  crypto: Crypto,
  source: Uint8Array,
  at: number,
  header: FrameHeader,
): boolean {
  const start = at + FRAME_HEADER_BYTES;
  const end = start + header.payloadBytes;
  return crc32Range(crypto, source, start, end, header.checksumSoFar) === header.checksum;
}
