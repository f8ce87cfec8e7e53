/**
 * L3: the write lane, replay, and reading commits back from the log.
 */
export type { Author } from './author.ts';
export { type BundleRecord, bundleRecord } from './bundle-record.ts';
export { chainDigest } from './chain-digest.ts';
export { Collected } from './collected.ts';
export { CommandMemory } from './command-memory.ts';
export { coversIn } from './covers-in.ts';
export { decidedNoteAt, type DecidedPlace } from './decided-note.ts';
export type { WriteName } from './effect.ts';
export { type FlushSettings, isDurability } from './flusher.ts';
export type { BundleOutcome, BundleResult } from './frame-item.ts';
export { HeadTable } from './head-table.ts';
export { historyOf, type WriteChain } from './history.ts';
export { collectionNote } from './collection-note.ts';
export { entryAt } from './past-entry.ts';
export { Incarnations } from './incarnations.ts';
export { copyRecord, KeptBundles, type LostCommits } from './kept-bundles.ts';
export { checkRange, inRange } from './key-range.ts';
export { Lane } from './lane.ts';
export { LaneMeter } from './lane-meter.ts';
export type { LaneParts, PublishedCommit } from './lane-parts.ts';
export { type DecidedBranch, type Member, MembershipTable, PRESENT } from './membership.ts';
export { commitAt, commitsOf, type LogCommit, withoutSystemKeys } from './log-commits.ts';
export { describeEntry, type PendingEntry } from './overlay.ts';
export { receiveFrame, type ReceiveOptions } from './receive-frame.ts';
export { Replay, type ReplayTarget } from './replay.ts';
export { SeenTable } from './seen-table.ts';
export { headRecord, type HeadSigner, signHead } from './signed-head.ts';
export type { Standing } from './standing.ts';
export { memberKey, type StatementBody, WORLD_LEVEL_KEY } from './statement.ts';
export { worldIdOf } from './statement-check.ts';
export {
  admitMember,
  beginClosing,
  changeMember,
  changeWorldLimits,
  closingEnds,
  finishClosing,
  keepBranch,
  type NewMember,
} from './statement-writers.ts';
export { type CollectStep, TombstoneCollector } from './tombstones.ts';
export { Transaction } from './transaction.ts';
export {
  limitsOfWorld,
  WORLD_LIMITS_KEY,
  type WorldLimits,
  worldLimitsOf,
} from './world-limits.ts';
export type { PolicySettings } from './policy-table.ts';
export { redecide } from './redecide.ts';
export { receiptOf } from './write-intent.ts';
export type { TransactionResult } from './write-intent.ts';
export { Writes } from './writes.ts';
