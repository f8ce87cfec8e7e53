/**
 * CRC-32 over parts of a buffer, and the place seed that ties a frame to where it stands. Short
 * runs (headers, small batches) are summed here by table, which spares a native call and a view per
 * frame; long ones go to the crypto port. Both give the same number (a test holds them equal).
 */
import type { Crypto } from '../env/index.ts';
import { putU32 } from './little-endian.ts';

const TABLE: Uint32Array = makeTable();
/** Below this many bytes the table beats a native call. */
const SHORT_BYTES = 192;

function makeTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let index = 0; index < 256; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb8_8320 : 0);
    table[index] = value;
  }
  return table;
}

/** CRC-32 of `source[start…end)` continuing from `seed`; the quickest way for its length. */
export function crc32Range(
  crypto: Crypto,
  source: Uint8Array,
  start: number,
  end: number,
  seed: number,
): number {
  if (end - start > SHORT_BYTES) return crypto.crc32(source.subarray(start, end), seed);
  return crc32Short(source, start, end, seed);
}

/** CRC-32 by table, for headers. */
export function crc32Short(source: Uint8Array, start: number, end: number, seed: number): number {
  let crc = ~seed;
  for (let index = start; index < end; index++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (source[index] as number)) & 0xff] as number);
  }
  return ~crc >>> 0;
}

/** The part of the place that all frames of a segment share: world, log, segment number. */
export function segmentSeed(worldId: Uint8Array, logId: Uint8Array, segment: number): number {
  const number = new Uint8Array(4);
  putU32(number, 0, segment);
  const ids = crc32Short(logId, 0, logId.length, crc32Short(worldId, 0, worldId.length, 0));
  return crc32Short(number, 0, 4, ids);
}

/** The place seed of a frame at `offset` (as u64) of the segment with this seed. */
export function placeSeed(ofSegment: number, offset: number): number {
  let crc = ~ofSegment;
  let low = offset >>> 0;
  let high = Math.floor(offset / 0x1_0000_0000);
  for (let index = 0; index < 4; index++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ low) & 0xff] as number);
    low >>>= 8;
  }
  for (let index = 0; index < 4; index++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ high) & 0xff] as number);
    high >>>= 8;
  }
  return ~crc >>> 0;
}
