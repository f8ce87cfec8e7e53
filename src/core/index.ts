/**
 * The face of core: values with no opinion. It imports nothing.
 */
export { assert } from './assert.ts';
export {
  type CommitFields,
  EVENT_PUT,
  NeedsNewerLevel,
  type Predecessor,
  type SeenEntry,
} from './bundle-format.ts';
export { BundleReader } from './bundle-reader.ts';
export { type BundleHead, BundleWriter, type PutValue } from './bundle-writer.ts';
export { ByteReader, MalformedBytes, readU32, readU48 } from './byte-reader.ts';
export { ByteWriter } from './byte-writer.ts';
export { encodeBase64 } from './base64.ts';
export { bytesOfHex, equalBytes, hexOf } from './bytes.ts';
export { crc32 } from './crc32.ts';
export type { ChangedKey, Commit, Entry, HistoryEntry, Sibling } from './entry.ts';
export { AdastraError, ERROR_CODES, type ErrorCode, type ErrorOptions } from './errors.ts';
export { Histogram, type HistogramReading, sumOfReadings } from './histogram.ts';
export { type Hlc, HybridClock } from './hlc.ts';
export { checkRangeWithin, checkWithin } from './key-scope.ts';
export { checkKey, compareKeys, isReservedKey } from './key.ts';
export { DEFAULT_LIMITS, type Limits, validateLimits } from './limits.ts';
export {
  INCARNATION_BYTES,
  KEY_ID_BYTES,
  ORIGIN_BYTES,
  originBytes,
  originText,
} from './origin.ts';
export type {
  AckMessage,
  BucketsMessage,
  BundlesMessage,
  NodeMetadata,
  OpenMessage,
  PeerMessage,
  Refusal,
  Role,
  SignedHead,
  SnapshotChunkMessage,
  SnapshotOfferMessage,
  SnapshotRequestMessage,
  StatementsMessage,
  VectorStatement,
} from './peer-message.ts';
export { Prng } from './prng.ts';
export type { Range } from './range.ts';
export type {
  CommitRequest,
  Durability,
  KeyConditions,
  OperationCall,
  PreflightReport,
  PutOptions,
  Receipt,
  WriteOptions,
} from './receipt.ts';
export { err, ok, type Result } from './result.ts';
export { compareStamps, formatStamp, parseStamp, type Stamp } from './stamp.ts';
export {
  allocateBytes,
  allocateBytesUnsafe,
  isWellFormed,
  readUtf8,
  utf8Length,
  utf8LengthMax,
  writeUtf8,
} from './text.ts';
export type { JsonObject, JsonValue, Value, ValueObject } from './value.ts';
export {
  CODEC_BYTES,
  CODEC_JSON,
  decodeValue,
  encodeValue,
  validateEncoded,
} from './value-codec.ts';
export { jsonOf, valueOfJson } from './value-json.ts';
export type { ValueLimits } from './value-writer.ts';
export { CHAIN_START, Vector, type VectorEntry } from './vector.ts';
