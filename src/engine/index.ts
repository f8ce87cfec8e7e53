/**
 * The explicit wiring of a node, and the interface that every surface calls.
 */
export { restoreBackup, type RestoreReport } from './backup.ts';
export type { CommitListener, LiveCommit } from './change-feed.ts';
export { directoryState } from './directory.ts';
export { Engine } from './engine.ts';
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
  RecoveryReport,
  VerifyReport,
} from './node-api.ts';
export { openEngine } from './open-engine.ts';
export {
  type Logger,
  type NodeOptions,
  type ResolvedOptions,
  resolveOptions,
  type RetentionOptions,
} from './options.ts';
export { notFound, type Snapshot } from './reads.ts';
export { repairDirectory, type RepairSettings } from './repair.ts';
export type { RepairReport, RepairSource } from './repair-report.ts';
export { replayVerify, type ReplayVerifyReport } from './replay-verify.ts';
export { stateAt } from './state-at.ts';
export { verifyDirectory } from './verify.ts';
export { VERSION } from './version.ts';
// What clients use of the layers below.
export {
  type AnyOperation,
  defineOperation,
  type OperationContext,
  type OperationDefinition,
} from '../store/operations/index.ts';
export { checkRange, inRange, type TransactionResult } from '../store/transactions/index.ts';
