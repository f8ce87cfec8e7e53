/**
 * The explicit wiring of a node, and the interface that every surface calls.
 */
export { restoreBackup, type RestoreOptions, type RestoreReport } from './backup.ts';
export type { CommitListener, LiveCommit } from './change-feed.ts';
export { directoryState } from './directory.ts';
export type { DurableCommits, DurableEvent, LogPlace, PlacedCommit } from './durable-commits.ts';
export { Engine } from './engine.ts';
export type { Freshness, FreshnessSource, WaitForSeqOptions } from './freshness.ts';
export { type Follower } from './follow/follower.ts';
export { type FollowOptions, openFollower } from './follow/open-follower.ts';
export { Mirror } from './follow/mirror.ts';
export type { RemoteLog } from './follow/remote-log.ts';
export { logSourceOf } from './follow/reader-file.ts';
export {
  type FollowSource,
  type LogDescription,
  type LogPosition,
  POSITION_EVERY_MS,
  type SourceListener,
  type SourceWatch,
} from './follow/source.ts';
export { initializeDirectory, type InitOptions, type InitReport } from './initialize.ts';
export type {
  BackupReport,
  ChangesOptions,
  CheckpointInfo,
  Hashes,
  HistoryOptions,
  NodeApi,
  NodeInfo,
  NodeStatus,
  PastState,
  ReaderStatus,
  RecoveryReport,
  VerifyReport,
} from './node-api.ts';
export type { LogFiles } from './log-files.ts';
export type { NodeEventName, NodeEvents } from './node-events.ts';
export { type NodeMeters, watched, type WriteMeters } from './node-meters.ts';
export { openEngine } from './open-engine.ts';
export {
  type LogFields,
  type Logger,
  type NodeOptions,
  type ResolvedOptions,
  resolveOptions,
  type RetentionOptions,
} from './options.ts';
export type {
  BranchName,
  ClockRepairReport,
  ConflictInfo,
  ConflictsOptions,
  DeadLetter,
  DecidedConflict,
  DiscoveredNode,
  DiscoveryOptions,
  DiscoveryStatus,
  ForkInfo,
  Invitation,
  InviteOptions,
  MemberChange,
  MemberInfo,
  OutboxEntry,
  PeerApi,
  PeerStatus,
  PolicyName,
  PolicyRule,
  Resolution,
  SyncStateInfo,
  SyncWhy,
  TickResult,
  TransportOptions,
  TransportStatus,
  WaitOptions,
} from './peer-api.ts';
export { type JoinOptions, type JoinReport, joinWorld } from './join-world.ts';
export { notFound, type Snapshot } from './reads.ts';
export { type AnewReport, restoreAnew } from './restore-anew.ts';
export { repairDirectory, type RepairSettings } from './repair.ts';
export type { RepairReport, RepairSource } from './repair-report.ts';
export { replayVerify, type ReplayVerifyReport } from './replay-verify.ts';
export { stateAt } from './state-at.ts';
export type { CreatedToken, NewToken, TokenApi, TokenInfo, TokenRole } from './token-api.ts';
export {
  parseToken,
  TOKEN_KEY_PREFIX,
  type TokenEntry,
  tokenEntryOf,
  TOKENS_MARK_KEY,
} from './tokens.ts';
export { verifyDirectory } from './verify.ts';
export { VERSION } from './version.ts';
// What clients use of the layers below.
export {
  type AnyOperation,
  defineOperation,
  definePolicy,
  type OperationContext,
  type OperationDefinition,
  type PolicyDecision,
  type PolicyDefinition,
} from '../store/operations/index.ts';
export {
  type Answer,
  type AnyProjection,
  defineIndex,
  defineProjection,
  type IndexDefinition,
  type IndexDuplicate,
  type IndexEntry,
  type IndexProjection,
  type IndexRange,
  type ProjectionDefinition,
  type ProjectionEvent,
  type ProjectionHost,
  type ProjectionStatus,
  type Queries,
  type QueryAnswer,
  sameAnswer,
  valueOfAnswer,
} from '../projections/index.ts';
export { checkRange, inRange, type TransactionResult } from '../store/transactions/index.ts';
export {
  clockRepair,
  type ClockRepaired,
  type ClockRepairSettings,
} from './rebuild/clock-repair.ts';
export { DeadLetterFile } from './rebuild/dead-letters.ts';
export { branchHeld, type KeptBranch, type LostBranch } from './rebuild/fork.ts';
export { type InstallOptions, installSnapshot } from './rebuild/install-snapshot.ts';
export {
  deadLetters,
  type ReauthorReport,
  retryDeadLetter,
} from './rebuild/reauthor.ts';
export type { RebasedNode, RebaseReport } from './rebuild/rebase.ts';
export {
  openSnapshot,
  type OpenSnapshot,
  signSnapshotOffer,
  type SnapshotFacts,
  verifySnapshotOffer,
} from './rebuild/snapshot.ts';
