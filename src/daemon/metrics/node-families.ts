/**
 * What is told of the node: its log, commits, state and freshness.
 */
import type { Freshness, NodeMeters, WriteMeters } from '../../engine/index.ts';
import { type Family, single } from './exposition.ts';

const HEALTHS: readonly NodeMeters['health'][] = ['ok', 'read_only', 'latched', 'damaged'];

/** Of every node. */
export function freshnessFamilies(freshness: Freshness): Family[] {
  const { seq, logSeq, lagCommits, lagMs, source } = freshness;
  const isConnected = source.state === 'connected' ? 1 : 0;
  return [
    single('gauge', 'adastra_seq', 'The last commit that readers see.', seq),
    single('gauge', 'adastra_log_seq', 'The last commit that the log is known to hold.', logSeq),
    single('gauge', 'adastra_lag_commits', 'Durable commits not visible here yet.', lagCommits),
    single(
      'gauge',
      'adastra_lag_seconds',
      'For how long what is visible here may have been out of date.',
      lagMs / 1000,
    ),
    {
      type: 'gauge',
      name: 'adastra_source_connected',
      help: 'Whether new commits come from where this node has them from.',
      samples: [{ labels: { kind: source.kind }, value: isConnected }],
    },
  ];
}

/** Of a node of this process. */
export function nodeFamilies(meters: NodeMeters): Family[] {
  return [
    {
      type: 'gauge',
      name: 'adastra_health',
      help: 'The state that the node is in: 1 for exactly one of these.',
      samples: HEALTHS.map((state) => ({
        labels: { state },
        value: state === meters.health ? 1 : 0,
      })),
    },
    ...logFamilies(meters),
    ...storeFamilies(meters.store),
    ...(meters.writes === undefined ? [] : writeFamilies(meters.writes)),
  ];
}

function logFamilies(meters: NodeMeters): Family[] {
  const { checkpoint, syncSeconds } = meters;
  const age = checkpoint && checkpoint.ageMs / 1000;
  const readings = syncSeconds === undefined ? [] : [{ reading: syncSeconds }];
  return [
    single('gauge', 'adastra_durable_seq', 'The last commit on the disk here.', meters.durableSeq),
    single('gauge', 'adastra_base_seq', 'The commit before the first in the log.', meters.baseSeq),
    single('gauge', 'adastra_log_bytes', 'Size of the log.', meters.logBytes),
    single('gauge', 'adastra_log_segments', 'Files of the log.', meters.segments),
    single('gauge', 'adastra_disk_free_bytes', 'Free where the log lies.', meters.freeBytes),
    single('gauge', 'adastra_checkpoint_seq', 'The newest checkpoint.', checkpoint?.seq),
    single('gauge', 'adastra_checkpoint_age_seconds', 'Age of the newest checkpoint.', age),
    single('gauge', 'adastra_recovery_seconds', 'What opening took.', meters.recoveryMs / 1000),
    { type: 'histogram', name: 'adastra_fsync_seconds', help: 'Flushes of the log.', readings },
  ];
}

function storeFamilies(store: NodeMeters['store']): Family[] {
  const { entries, tombstones, conflicts, keyBytes, valueBytes, memoryBytes } = store;
  return [
    single('gauge', 'adastra_entries', 'Entries of applications.', entries),
    single('gauge', 'adastra_tombstones', 'Removed keys that are remembered.', tombstones),
    single('gauge', 'adastra_conflicts', 'Entries with more than one value.', conflicts),
    single('gauge', 'adastra_key_bytes', 'All keys.', keyBytes),
    single('gauge', 'adastra_value_bytes', 'All values, encoded.', valueBytes),
    single('gauge', 'adastra_store_memory_bytes', 'Memory of the store.', memoryBytes),
  ];
}

function writeFamilies(writes: WriteMeters): Family[] {
  const { ownCommits, otherCommits, failed, commitSeconds, groupCommits } = writes;
  return [
    {
      type: 'counter',
      name: 'adastra_commits_total',
      help: 'Commits that became visible, by who made them.',
      samples: [
        { labels: { by: 'callers' }, value: ownCommits },
        { labels: { by: 'others' }, value: otherCommits },
      ],
    },
    {
      type: 'counter',
      name: 'adastra_commit_failures_total',
      help: 'Admitted commits that the log did not take, or nobody knows.',
      samples: [...failed].map(([code, value]) => ({ labels: { code }, value })),
    },
    {
      type: 'histogram',
      name: 'adastra_commit_seconds',
      help: 'From admission until a commit is in the log at its level and visible.',
      readings: [{ reading: commitSeconds }],
    },
    {
      type: 'histogram',
      name: 'adastra_group_commits',
      help: 'Commits in one write of the log.',
      readings: [{ reading: groupCommits }],
    },
    single('gauge', 'adastra_pending_commits', 'Admitted, not in the log.', writes.pendingCommits),
    single(
      'gauge',
      'adastra_pending_commits_limit',
      'Beyond so many, writes are refused as overloaded.',
      writes.pendingCommitsMax,
    ),
    single('gauge', 'adastra_pending_bytes', 'Bytes of those.', writes.pendingBytes),
  ];
}
