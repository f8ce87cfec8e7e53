/**
 * The commit log: its port (`CommitLog`), its file driver, and what makes, opens, follows, verifies
 * and repairs it. The bytes are specified in docs/formats/commit-log.md.
 */
export type { Batch } from './batch.ts';
export { BatchBuilder } from './batch-builder.ts';
export type {
  AppendOutcome,
  CommitLog,
  DropOutcome,
  LogEnd,
  LogStat,
  ReadOptions,
  SegmentStat,
  SyncMode,
} from './commit-log.ts';
export { createLog, type NewLog } from './create.ts';
export type { SetAside } from './cut.ts';
export { findLog, FollowedLog, type FollowedPlace, type FoundLog } from './followed-log.ts';
export {
  type FollowerOptions,
  type FollowerPoll,
  type LogFollower,
  openFollower,
} from './follower.ts';
export {
  FRAME_BYTES_MAX,
  NOTE_KIND,
  RECORD_KIND,
  segmentName,
} from './format.ts';
export { baseSeqOf } from './log-base.ts';
export { MirroredLog } from './mirrored-log.ts';
export type { LogDamage } from './log-error.ts';
export type { LogOptions } from './options.ts';
export { type LogRecord } from './records.ts';
export {
  type RecoverOptions,
  type RecoveredLog,
  recoverLog,
  type RecoveryReport,
} from './recovery.ts';
export { cutLog, inspectLog, type LogInspection } from './repair.ts';
export {
  type BatchBefore,
  identifyLog,
  type LogIdentity,
  salvageLog,
  type SalvageVisitor,
} from './salvage.ts';
export {
  verifyLog,
  type VerifyOptions,
  type VerifyProblem,
  type VerifyProgress,
  type VerifyReport,
} from './verify.ts';
