/**
 * How fresh the answers of a node are: what it has applied, what the log that it reads is known to
 * hold, and how it stands to that log's source. A node that writes is its own and never lags.
 */

/** Where a node's commits come from. */
export interface FreshnessSource {
  /** `writer`: itself. `directory`: files of another process's node. `url`: a node over HTTP. */
  readonly kind: 'writer' | 'directory' | 'url';
  /** `unreachable`: nothing new comes at present, so `logSeq` may be out of date. */
  readonly state: 'connected' | 'unreachable';
  /** Since when it is in this state, wall-clock ms. */
  readonly sinceMs: number;
}

export interface Freshness {
  /** The last commit that readers of this node see. */
  readonly seq: number;
  /** The last commit that the log is known to hold durably. */
  readonly logSeq: number;
  /** Commits known to be durable that readers of this node do not see yet. */
  readonly lagCommits: number;
  /**
   * For how long this state may have been out of date, ms: 0 while all that the source is known to
   * hold is applied and the source is connected.
   */
  readonly lagMs: number;
  readonly source: FreshnessSource;
}

export interface WaitForSeqOptions {
  /** Default 2,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}
