/**
 * When a write may be acknowledged: after fdatasync, after a write that is synced soon, after a
 * write.
 */
export type Durability = 'always' | 'interval' | 'os';

/** What a commit resolved to; plain data. */
export interface Receipt {
  /** Position of the commit in this node's log; where nothing changed, the head. */
  readonly seq: number;
  readonly origin: string;
  /** Position among the commits of that origin; 0 where nothing changed. */
  readonly originSeq: number;
  /** Version of every key that the commit wrote; empty where nothing changed. */
  readonly stamp: string;
  /** The level that the acknowledgement stands for. */
  readonly durability: Durability;
  /** `false` where there was nothing to do (a remove of a missing key). */
  readonly changed: boolean;
  /** Whether this is the first receipt of a command that was sent again. */
  readonly replayed: boolean;
}

/** What every write call takes beside its content. */
export interface WriteOptions {
  readonly durability?: Durability | undefined;
  /** Makes a retry safe: the same id gives the first receipt again instead of a second commit. */
  readonly commandId?: string | undefined;
  /**
   * Fails with `condition_failed` if a key that the commit reads or writes changed after this seq.
   */
  readonly ifSeq?: number | undefined;
  /**
   * Key prefixes (1 to 64): the commit may touch, that is read or write, only keys that begin with
   * one of them; `forbidden` else, before anything outside was seen.
   */
  readonly within?: readonly string[] | undefined;
  readonly actor?: string | undefined;
  readonly reason?: string | undefined;
  /** A small JSON value kept with the commit, ≤ 4 KiB encoded. */
  readonly metadata?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Conditions on the one key of a `put` or `remove`. */
export interface KeyConditions {
  /** `get` gives nothing and no put sibling is there. */
  readonly ifAbsent?: boolean | undefined;
  /** The key's siblings have exactly these stamps (`stamps` of its entry, or the one stamp). */
  readonly ifStamp?: string | readonly string[] | undefined;
}

export interface PutOptions extends WriteOptions, KeyConditions {}

/** One operation by name, as `commit` and HTTP take it. */
export interface OperationCall {
  readonly op: string;
  readonly args: unknown;
}

/** A commit made of named operations. */
export interface CommitRequest extends WriteOptions {
  readonly operations: readonly OperationCall[];
}

/** What a commit would do; nothing was done. */
export interface PreflightReport {
  readonly ok: boolean;
  /** The log's head that it was checked against. */
  readonly seq: number;
  /** One per operation, up to and including the first that fails. */
  readonly operations: readonly {
    readonly op: string;
    readonly ok: boolean;
    readonly error?: { readonly code: string; readonly message: string };
  }[];
  readonly keys: readonly string[];
}
