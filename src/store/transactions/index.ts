/**
 * L3: the write lane, replay, and reading commits back from the log.
 */
export type { Author } from './batch-gatherer.ts';
export { bundleRecord } from './bundle-record.ts';
export { CommandMemory } from './command-memory.ts';
export { type FlushSettings, isDurability } from './flusher.ts';
export { historyOf } from './history.ts';
export { Incarnations } from './incarnations.ts';
export { copyRecord, KeptBundles, type LostCommits } from './kept-bundles.ts';
export { checkRange, inRange } from './key-range.ts';
export { Lane } from './lane.ts';
export type { LaneParts, PublishedCommit } from './lane-parts.ts';
export { commitAt, commitsOf, type LogCommit, withoutSystemKeys } from './log-commits.ts';
export { describeEntry, type PendingEntry, valueOfCell } from './overlay.ts';
export { chainDigest, receiveBundle, type ReceiveOutcome } from './receive.ts';
export { Replay, type ReplayTarget } from './replay.ts';
export { SeenTable } from './seen-table.ts';
export { Transaction } from './transaction.ts';
export { limitsOfWorld, WORLD_LIMIT_NAMES, WORLD_LIMITS_KEY } from './world-limits.ts';
export { receiptOf } from './write-intent.ts';
export { type TransactionResult, Writes } from './writes.ts';
