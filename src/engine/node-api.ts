/**
 * The one interface that every surface calls: client, command line and, later, the daemon. All of
 * it is asynchronous, so that the same code works on a node in this process and on one behind a
 * socket. Errors are `AdastraError`.
 */
import type {
  Commit,
  CommitRequest,
  Durability,
  Entry,
  HistoryEntry,
  NodeMetadata,
  PreflightReport,
  PutOptions,
  Range,
  Receipt,
  Value,
  WriteOptions,
} from '../core/index.ts';
import type { ProjectionStatus, QueryAnswer } from '../projections/index.ts';
import type { Freshness, FreshnessSource, WaitForSeqOptions } from './freshness.ts';
import type { LogFiles } from './log-files.ts';
import type {
  DiscoveryStatus,
  PeerApi,
  PeerStatus,
  SyncStateInfo,
  TransportStatus,
} from './peer-api.ts';
import type { TokenApi } from './token-api.ts';

export interface ChangesOptions {
  /** First seq wanted, inclusive; default: the next commit. */
  readonly from?: number | undefined;
  /** Go on with new commits for ever (default), or end at the head. */
  readonly live?: boolean | undefined;
  readonly system?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HistoryOptions {
  readonly limit?: number | undefined;
  /** Only what was written in this commit or before it. */
  readonly upTo?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CheckpointInfo {
  readonly seq: number;
  readonly file: string;
  readonly bytes: number;
  readonly entries: number;
}

export interface BackupReport {
  readonly directory: string;
  readonly seq: number;
  readonly bytes: number;
  readonly files: number;
}

export interface Hashes {
  readonly seq: number;
  readonly stateHash: string;
  readonly contentHash: string;
}

/** What a background or explicit verification found. */
export interface VerifyReport {
  readonly ok: boolean;
  readonly segments: number;
  readonly batches: number;
  readonly commits: number;
  readonly bytes: number;
  readonly headSeq: number;
  readonly checkpoints: number;
  readonly problems: readonly {
    readonly file: string;
    readonly offset: number;
    readonly reason: string;
    readonly seq: number | undefined;
  }[];
}

/** What opening the directory found and did. */
export interface RecoveryReport {
  readonly checkpointSeq: number;
  readonly replayedCommits: number;
  readonly headSeq: number;
  readonly cleanClose: boolean;
  readonly tornBytes: number;
  /** Where a torn tail was set aside. */
  readonly aside: readonly string[];
  readonly rejectedCheckpoints: readonly { readonly file: string; readonly reason: string }[];
  readonly durationMs: number;
}

export interface NodeStatus {
  readonly nodeId: string;
  readonly worldId: string;
  readonly fingerprint: string;
  readonly seq: number;
  readonly stateHash: string;
  readonly contentHash: string;
  readonly health: 'ok' | 'read_only' | 'latched' | 'damaged';
  readonly healthReason?: string;
  readonly store: {
    readonly entries: number;
    readonly systemEntries: number;
    readonly tombstones: number;
    readonly conflicts: number;
    readonly keyBytes: number;
    readonly valueBytes: number;
    readonly memoryBytes: number;
  };
  readonly wal: {
    readonly directory: string;
    readonly headSeq: number;
    readonly durableSeq: number;
    readonly baseSeq: number;
    readonly segments: number;
    readonly bytes: number;
    readonly syncCount: number;
    readonly syncMsMean: number;
    readonly pendingCommits: number;
    readonly durability: Durability;
    readonly term: number;
    readonly checkpoints: readonly { readonly seq: number; readonly file: string }[];
  };
  readonly recovery: RecoveryReport;
  readonly projections: readonly ProjectionStatus[];
  readonly sync: SyncStateInfo | { readonly state: 'off' };
  readonly transport: TransportStatus;
  readonly discovery: DiscoveryStatus;
  readonly peers: readonly PeerStatus[];
  /** Of a read daemon only. */
  readonly reader?: ReaderStatus;
}

/** How a read daemon stands to what it follows. */
export interface ReaderStatus extends FreshnessSource {
  /** The directory or the URL. */
  readonly follows: string;
  readonly logSeq: number;
  readonly lagCommits: number;
  readonly lagMs: number;
  /** The state is made anew beside the one that answers. */
  readonly rebuilding: boolean;
  /** How often it was since this process began. */
  readonly rebuilds: number;
  readonly lastRebuild?: {
    readonly reason: string;
    readonly atMs: number;
    /** Where the new state began. */
    readonly fromSeq: number;
  };
  /** Why nothing new is applied. */
  readonly problem?: { readonly code: string; readonly message: string };
}

export interface NodeInfo extends NodeMetadata {
  readonly fingerprint: string;
  readonly worldId: string;
}

/** The state behind an earlier commit; it never changes. */
export interface PastState {
  readonly seq: number;
  get(key: string): Promise<Value | undefined>;
  getEntry(key: string): Promise<Entry | undefined>;
  count(range?: Range): Promise<number>;
  list(range?: Range): AsyncIterable<[string, Value]>;
}

export interface NodeApi extends PeerApi, TokenApi {
  /** The log as files, where the node is in this process; for those who follow it. */
  readonly logFiles?: LogFiles;
  get(key: string): Promise<Value | undefined>;
  getEntry(key: string): Promise<Entry | undefined>;
  count(range?: Range): Promise<number>;
  list(range?: Range): AsyncIterable<[string, Value]>;
  put(key: string, value: unknown, options?: PutOptions): Promise<Receipt>;
  remove(key: string, options?: PutOptions): Promise<Receipt>;
  commit(request: CommitRequest): Promise<Receipt>;
  preflight(request: CommitRequest): Promise<PreflightReport>;
  /** Takes commit `seq` back by a new commit; `revert_refused` if one of its keys changed since. */
  revert(seq: number, options: WriteOptions & { readonly reason: string }): Promise<Receipt>;
  /** The receipt of a command that committed here, as far back as commands are remembered. */
  receiptOf(commandId: string): Promise<Receipt | undefined>;
  history(key: string, options?: HistoryOptions): AsyncIterable<HistoryEntry>;
  changes(options?: ChangesOptions): AsyncIterable<Commit>;
  /**
   * The state as it stood behind commit `seq`, read from the log as far as it goes back. Its calls
   * throw `not_yet` for a commit that is not there yet, and `history_truncated`.
   */
  at(seq: number): PastState;
  /**
   * Asks a projection; the answer shows commit `seq` and all before it. Throws
   * `projection_unknown` (no such projection, no such query), `projection_failed`.
   */
  query(projection: string, query: string, args?: Value): Promise<QueryAnswer>;
  /** How each projection stands. */
  projections(): Promise<readonly ProjectionStatus[]>;
  hashes(): Promise<Hashes>;
  /** How fresh the answers of this node are. */
  freshness(): Promise<Freshness>;
  /** Resolves when readers of this node see commit `seq`; throws `not_yet` when time is over. */
  waitForSeq(seq: number, options?: WaitForSeqOptions): Promise<void>;
  checkpoint(): Promise<CheckpointInfo>;
  backup(directory: string): Promise<BackupReport>;
  verify(options?: { readonly signal?: AbortSignal }): Promise<VerifyReport>;
  status(): Promise<NodeStatus>;
  nodeInfo(): Promise<NodeInfo>;
  /** The same after looking at the machine again. */
  refreshNodeInfo(): Promise<NodeInfo>;
  flush(): Promise<void>;
  close(): Promise<void>;
}
