/**
 * The authored part of the log: the bytes that an origin seals, that are chained, stored and
 * relayed unchanged. Twin of docs/formats/bundle.md. A bundle is a header, what its author had seen
 * of other origins, and a run of commits; a commit is its stamp, optional fields and events; an
 * event is the post-state of one key.
 */

export const BUNDLE_FORMAT = 1;
export const DIGEST_SHA256 = 1;

/** Fixed part of the header. */
export const BUNDLE_OFFSET_FLAGS = 1;
export const BUNDLE_OFFSET_COUNT = 4;
export const BUNDLE_OFFSET_ORIGIN = 8;
export const BUNDLE_OFFSET_FIRST_ORIGIN_SEQ = 40;
export const BUNDLE_OFFSET_BASE_MS = 46;
export const BUNDLE_FIXED_BYTES = 52;

export const BUNDLE_FIRST_OF_INCARNATION = 1;

export const COMMIT_ACTOR = 1;
export const COMMIT_OPERATIONS = 2;
export const COMMIT_COMMAND_ID = 4;
export const COMMIT_REASON = 8;
export const COMMIT_REVERTS = 16;
export const COMMIT_METADATA = 32;
export const COMMIT_FIELDS_KNOWN = 63;

export const EVENT_PUT = 0;
export const EVENT_REMOVE = 1;
/** What the author adds, to be merged. @public */
export const EVENT_PARTIAL = 2;
export const EVENT_KIND_MASK = 0x03;
export const EVENT_META = 0x10;
/** The stamps that the write is based on follow. @public */
export const EVENT_BASED_ON = 0x20;

export const VALUE_CODEC_MASK = 0x0f;
/** A schema id follows. @public */
export const VALUE_SCHEMA_ID = 0x10;
/** A key id follows: the body is encrypted. @public */
export const VALUE_KEY_ID = 0x20;
/** Hash and length of a body that lies elsewhere. @public */
export const VALUE_ELSEWHERE = 0x40;

/**
 * A bundle uses what only a higher `$world/level` allows: it is held or refused, never misapplied.
 */
export class NeedsNewerLevel extends Error {
  override readonly name = 'NeedsNewerLevel';
}

/** What a commit may carry beside its events. */
export interface CommitFields {
  /** Who asked for it, free text. */
  readonly actor?: string | undefined;
  /** The named operations that made it, in order. */
  readonly operations?: readonly { readonly name: string; readonly version: number }[] | undefined;
  readonly commandId?: string | undefined;
  readonly reason?: string | undefined;
  /** The commit that this one takes back. */
  readonly reverts?: { readonly origin: string; readonly originSeq: number } | undefined;
  /** A JSON value as the value codec encodes it; ≤ 4 KiB. */
  readonly metadata?: { readonly codec: number; readonly bytes: Uint8Array } | undefined;
}

/** One entry of `seen`: of another origin, what the author's lane had applied. */
export interface SeenEntry {
  readonly origin: string;
  readonly originSeq: number;
  /** First 8 bytes of the chain digest there. */
  readonly digestHead: Uint8Array;
}

/** The incarnation before this one, named in an incarnation's first bundle. */
export interface Predecessor {
  readonly origin: string;
  readonly lastOriginSeq: number;
  readonly digestHead: Uint8Array;
}
