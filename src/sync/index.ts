/**
 * The face of sync: an engine without I/O, the port that its host implements, and the shapes of
 * what it asks for and reports. It imports core and nothing else.
 */
export type { DeadLetterMark } from './dead-letter-list.ts';
export type { ForkFact } from './frozen-origins.ts';
export type { Hold } from './hold-table.ts';
export type {
  BundleOutcome,
  MemberView,
  NamedEnd,
  Now,
  OutboxRead,
  OutboxRun,
  OutboxWindow,
  SyncHost,
  VoidCommit,
} from './ports.ts';
export type { SyncCounters } from './sync-counters.ts';
export { SyncEngine, type SyncEngineParts } from './sync-engine.ts';
export type { SyncOptions } from './sync-options.ts';
export type { CommitPlace, SyncPeerState, SyncState, SyncTick } from './sync-status.ts';
export type { SyncView } from './sync-view.ts';
export type { SyncAlarm, SyncWork } from './sync-work.ts';
