/**
 * A node that stands below what others still have in their logs takes a snapshot: the state of a
 * member becomes its base, and what of its own log that lacks, its own and others' commits, comes
 * on top, unchanged (design § 9, "Long absence"). Also how a closed member returns and how the
 * holder of a lost branch gets to the one that stays: own commits that do not fit any more are
 * authored again.
 */
import type { Env } from '../../env/index.ts';
import { rebase, type RebasedNode, type RebaseReport } from './rebase.ts';
import type { LostBranch } from './fork.ts';
import { type SnapshotFacts, verifySnapshot } from './snapshot.ts';
import { identifyLog } from '../../wal/index.ts';

export interface InstallOptions {
  /** What the signed offer said of the file. */
  readonly offer: SnapshotFacts;
  /** A branch that did not stay, beside those that the snapshot itself tells of. */
  readonly lostBranch?: LostBranch | undefined;
}

/**
 * Installs `file` in a directory whose log is closed and whose lock the caller holds; crash-safe at
 * every step. Afterwards the directory is opened anew and `reauthor` is called. Errors, with
 * nothing changed: `checkpoint_damaged` (not as offered), `world_mismatch`, `history_truncated`
 * (the snapshot lacks what this log has let go), those of the disk.
 */
export async function installSnapshot(
  env: Env,
  dataDir: string,
  file: string,
  { offer, lostBranch, ...node }: RebasedNode & InstallOptions,
): Promise<RebaseReport> {
  const path = env.fs.resolve(dataDir);
  const identity = identifyLog(env, path);
  if (identity !== undefined) await verifySnapshot(env, file, offer, identity.worldId);
  return rebase(env, path, node, { file, lostBranch });
}
