/**
 * What sync counts since it was opened. Counters only grow (states are in the reports); they are
 * for people and for tests, nothing is decided by them.
 */
export interface SyncCounters {
  /** Commits that peers have acknowledged as durable, each peer counted. */
  acknowledged: number;
  /** Frames sent again. */
  retried: number;
  /** Frames whose ack did not come in time. */
  expired: number;
  pruned: number;
  batchesSent: number;
  batchesReceived: number;
  commitsSent: number;
  commitsReceived: number;
  duplicatesReceived: number;
  bytesSent: number;
  bytesReceived: number;
  hashMismatches: number;
  tombstonesCollected: number;
  /** Bundles that were refused here for good. */
  refusedReceived: number;
}

export function newCounters(): SyncCounters {
  return {
    acknowledged: 0,
    retried: 0,
    expired: 0,
    pruned: 0,
    batchesSent: 0,
    batchesReceived: 0,
    commitsSent: 0,
    commitsReceived: 0,
    duplicatesReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    hashMismatches: 0,
    tombstonesCollected: 0,
    refusedReceived: 0,
  };
}
