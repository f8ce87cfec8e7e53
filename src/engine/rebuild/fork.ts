/**
 * Two chains under one name (INV-9): an admin's commit names the one that stays. Whether this node
 * holds the other one is read from its own log.
 */
import { BundleReader, equalBytes } from '../../core/index.ts';
import { bundleRecord } from '../../store/transactions/index.ts';
import type { CommitLog } from '../../wal/index.ts';

/** The branch that stays: the origin's chain has this digest behind this commit. */
export interface KeptBranch {
  readonly origin: string;
  readonly originSeq: number;
  readonly digest: Uint8Array;
}

/** What of an origin this node holds and does not stay. */
export interface LostBranch {
  readonly origin: string;
  /** From this commit on. */
  readonly firstOriginSeq: number;
}

const DIGEST_BYTES = 32;

/** The origin's chain behind the bundle that ends so, where this log has it. Reads the log. */
export function digestInLog(
  log: CommitLog,
  origin: string,
  originSeq: number,
): Uint8Array | undefined {
  const reader = new BundleReader();
  if (log.headSeq <= log.baseSeq) return undefined;
  for (const batch of log.read(log.baseSeq + 1)) {
    for (const record of batch.records) {
      const bundle = bundleRecord(record);
      if (bundle === undefined) continue;
      const { source, digestStart, authoredStart, authoredEnd } = bundle;
      reader.open(source, authoredStart, authoredEnd);
      const last = reader.firstOriginSeq + reader.commitCount - 1;
      if (reader.origin !== origin || last < originSeq) continue;
      if (last > originSeq) return undefined;
      return new Uint8Array(source.subarray(digestStart, digestStart + DIGEST_BYTES));
    }
  }
  return undefined;
}

/**
 * `kept`: this log has the branch that stays; `behind`: it does not reach that far, or begins
 * later; else the part that is lost. Reads the log from its base.
 */
export function branchHeld(log: CommitLog, branch: KeptBranch): 'kept' | 'behind' | LostBranch {
  const reader = new BundleReader();
  const { origin, originSeq } = branch;
  if (log.headSeq <= log.baseSeq) return 'behind';
  for (const batch of log.read(log.baseSeq + 1)) {
    for (const record of batch.records) {
      const bundle = bundleRecord(record);
      if (bundle === undefined) continue;
      const { source, digestStart, authoredStart, authoredEnd } = bundle;
      reader.open(source, authoredStart, authoredEnd);
      const last = reader.firstOriginSeq + reader.commitCount - 1;
      if (reader.origin !== origin || last < originSeq) continue;
      // The log begins behind the place: it no longer tells.
      if (reader.firstOriginSeq > originSeq) return 'behind';
      const digest = source.subarray(digestStart, digestStart + DIGEST_BYTES);
      if (last === originSeq && equalBytes(digest, branch.digest)) return 'kept';
      return { origin, firstOriginSeq: reader.firstOriginSeq };
    }
  }
  return 'behind';
}
