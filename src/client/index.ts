/**
 * `adastra-db`: the SDK.
 */
export {
  AdastraError,
  type ChangedKey,
  type Commit,
  type CommitRequest,
  type Durability,
  type Entry,
  ERROR_CODES,
  type ErrorCode,
  type HistoryEntry,
  type JsonValue,
  jsonOf,
  type KeyConditions,
  type Limits,
  type OperationCall,
  type PreflightReport,
  type PutOptions,
  type Range,
  type Receipt,
  type Sibling,
  type Value,
  valueOfJson,
  type WriteOptions,
} from '../core/index.ts';
export type {
  BackupReport,
  ChangesOptions,
  CheckpointInfo,
  Hashes,
  HistoryOptions,
  InitReport,
  Logger,
  NodeApi,
  NodeInfo,
  NodeOptions,
  NodeStatus,
  RecoveryReport,
  ReplayVerifyReport,
  RestoreReport,
  RetentionOptions,
  Snapshot,
  VerifyReport,
} from '../engine/index.ts';
export {
  type AnyOperation,
  defineOperation,
  type OperationContext,
  type OperationDefinition,
  VERSION,
} from '../engine/index.ts';
export type { RepairReport } from '../engine/index.ts';
export { type Attempt, attempt } from './attempt.ts';
export { Client, type TransactReceipt } from './client.ts';
export { ClientTransaction } from './client-transaction.ts';
export {
  initNode,
  openNode,
  repairLog,
  replayVerify,
  restoreBackup,
  verifyDirectory,
} from './directories.ts';
export { Sub, type SubTransaction } from './sub.ts';
export type { KeySchema, ValueAt } from './typed-keys.ts';
export type { Change, Observed, Watched } from './watch.ts';
