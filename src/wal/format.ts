/**
 * The constants of commit log format 1, in one place: sizes, markers, record kinds and file names.
 * docs/formats/commit-log.md says the same in words, with a worked example that a test regenerates
 * from this code. A change of any number here is a new format.
 */

/** The format that this code writes, and the highest that it reads. */
export const LOG_FORMAT = 1;
/** `ADASTLOG`, the first bytes of every segment. */
export const SEGMENT_MAGIC: Uint8Array = asciiBytes('ADASTLOG');
/** The fixed fields of a segment header, before the vector. */
export const SEGMENT_HEADER_FIXED_BYTES = 108;
/** The longest segment header, vector included. */
export const SEGMENT_HEADER_BYTES_MAX: number = 64 * 1024 * 1024;
/** `ADAF` as a little-endian number. */
export const FRAME_MARKER = 0x4641_4441;
/** Bytes before the payload of every frame. */
export const FRAME_HEADER_BYTES = 80;
/** The longest payload of one frame, in bytes; a length above it is damage, never an allocation. */
export const FRAME_BYTES_MAX: number = 64 * 1024 * 1024;
/** SHA-256, the only digest kind of format 1. */
export const DIGEST_KIND_SHA256 = 1;
/** Bytes of a batch digest, and of a chain digest. */
export const DIGEST_BYTES = 32;
/** What a batch digest begins with, so that it can never be taken for another hash of ours. */
export const DIGEST_TAG: Uint8Array = asciiBytes('adastra/batch/1\0');
/** Bytes of a world id and of a log id. */
export const ID_BYTES = 16;
/** Kind and length before every record body. */
export const RECORD_HEADER_BYTES = 5;
/** Chain digest and authored length before the authored bytes of a bundle record. */
export const BUNDLE_PREFIX_BYTES: number = DIGEST_BYTES + 4;
/** Set in a record kind that must not be skipped by a reader that does not know it. */
export const CRITICAL_BIT = 0x80;

/** The kind byte of each record, critical bit included. */
export const RECORD_KIND = {
  ownBundle: 0x81,
  receivedBundle: 0x82,
  signedHead: 0x03,
  viewChanged: 0x84,
  base: 0x85,
  termOpened: 0x86,
  localNote: 0x07,
  seal: 0x08,
} as const;

/** First body byte of a local note. */
export const NOTE_KIND = {
  markOnly: 1,
  tombstoneCollected: 2,
  cursor: 3,
  conflictsDecided: 4,
} as const;

const known: boolean[] = Array.from({ length: 256 }, () => false);
for (const kind of Object.values(RECORD_KIND)) known[kind] = true;

/** Whether this code knows what a record of this kind byte means. */
export function isKnownRecordKind(kind: number): boolean {
  return known[kind] === true;
}

/** Whether a record of this kind holds authored bytes that the batch digest leaves out. */
export function isBundleKind(kind: number): boolean {
  return kind === RECORD_KIND.ownBundle || kind === RECORD_KIND.receivedBundle;
}

/** `00000001.log` for segment 1. */
export function segmentName(segment: number): string {
  return `${String(segment).padStart(8, '0')}.log`;
}

/** The segment number of a file name, or `undefined` for any other name. */
export function segmentNumber(name: string): number | undefined {
  if (!/^\d{8}\.log$/.test(name)) return undefined;
  const segment = Number(name.slice(0, 8));
  return segment > 0 ? segment : undefined;
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
