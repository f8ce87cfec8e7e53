/**
 * The header of a checkpoint: whose state this is, at which seq, and what it must come to. Magic,
 * format, flags, length and a checksum in the last four bytes stand where they stand in every
 * format, so that a newer file can be told from a damaged one. Pure: bytes in, fields out.
 */
import { type ByteWriter, ByteReader, assert, equalBytes, readU32 } from '../../core/index.ts';
import type { Crypto } from '../../env/index.ts';
import {
  CHECKPOINT_FORMAT,
  CHECKPOINT_MAGIC,
  DIGEST_BYTES,
  HEADER_BYTES,
  HEADER_BYTES_MAX,
  ID_BYTES,
} from './format.ts';

/** What a checkpoint says of itself. */
export interface CheckpointHeader {
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
  /** The last commit whose effects are in. */
  readonly seq: number;
  /** Digest of the batch that holds `seq`: compared with the log before the state is used (D16). */
  readonly digest: Uint8Array;
  readonly stateHash: Uint8Array;
  readonly contentHash: Uint8Array;
  /** Keys with at least one sibling, removed ones and the system's included. */
  readonly entryCount: number;
  readonly originCount: number;
}

/** A header that was read, or why it cannot be. */
export type HeaderReading =
  | { readonly kind: 'header'; readonly header: CheckpointHeader }
  | { readonly kind: 'more'; readonly bytes: number }
  | { readonly kind: 'bad'; readonly offset: number; readonly reason: string }
  | { readonly kind: 'unsupported'; readonly format: number };

/** Appends the 168 bytes of a header. */
export function encodeHeader(crypto: Crypto, header: CheckpointHeader, target: ByteWriter): void {
  const { worldId, logId, digest, stateHash, contentHash } = header;
  assert(worldId.length === ID_BYTES && logId.length === ID_BYTES, 'ids of 16 bytes');
  for (const hash of [digest, stateHash, contentHash]) {
    assert(hash.length === DIGEST_BYTES, 'digests and hashes of 32 bytes');
  }
  const start = target.length;
  target.bytes(CHECKPOINT_MAGIC);
  target.u16(CHECKPOINT_FORMAT);
  target.u16(0);
  target.u32(HEADER_BYTES);
  target.bytes(worldId);
  target.bytes(logId);
  target.u48(header.seq);
  target.u16(0);
  target.bytes(digest);
  target.bytes(stateHash);
  target.bytes(contentHash);
  target.u48(header.entryCount);
  target.u16(0);
  target.u32(header.originCount);
  target.u32(crypto.crc32(target.view(start)));
}

/**
 * Reads a header from the first bytes of a file. `more` asks for that many bytes; whoever cannot
 * get them has a file that is cut short.
 */
export function decodeHeader(crypto: Crypto, source: Uint8Array): HeaderReading {
  if (source.length < HEADER_BYTES) return { kind: 'more', bytes: HEADER_BYTES };
  if (!equalBytes(source.subarray(0, 8), CHECKPOINT_MAGIC)) {
    return { kind: 'bad', offset: 0, reason: 'not a checkpoint' };
  }
  const reader = new ByteReader(source, 8);
  const format = reader.u16();
  const flags = reader.u16();
  const bytes = reader.u32();
  if (bytes < HEADER_BYTES || bytes > HEADER_BYTES_MAX) {
    return { kind: 'bad', offset: 12, reason: 'length of the header' };
  }
  if (source.length < bytes) return { kind: 'more', bytes };
  if (readU32(source, bytes - 4) !== crypto.crc32(source.subarray(0, bytes - 4))) {
    return { kind: 'bad', offset: 0, reason: 'checksum of the header' };
  }
  // Flags are the one way in which a format can grow; a reader must know each of them.
  if (format > CHECKPOINT_FORMAT || flags !== 0) return { kind: 'unsupported', format };
  if (format !== CHECKPOINT_FORMAT || bytes !== HEADER_BYTES) {
    return { kind: 'bad', offset: 8, reason: 'format or length of the header' };
  }
  return { kind: 'header', header: readFields(reader) };
}

function readFields(reader: ByteReader): CheckpointHeader {
  const worldId = reader.bytes(ID_BYTES);
  const logId = reader.bytes(ID_BYTES);
  const seq = reader.u48();
  reader.skip(2);
  const digest = reader.bytes(DIGEST_BYTES);
  const stateHash = reader.bytes(DIGEST_BYTES);
  const contentHash = reader.bytes(DIGEST_BYTES);
  const entryCount = reader.u48();
  reader.skip(2);
  const originCount = reader.u32();
  return { worldId, logId, seq, digest, stateHash, contentHash, entryCount, originCount };
}
