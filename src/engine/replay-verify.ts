/**
 * Proof that the log makes the state: replays it from its base into a fresh L1 and compares with
 * what opening gives (checkpoint and the rest). The same hash must come out on every machine
 * (INV-6).
 */
import { DEFAULT_LIMITS, hexOf } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { listCheckpoints, readCheckpointHeader } from '../store/checkpoint/index.ts';
import { checkpointDirectory } from './directory.ts';
import { openReplica } from './replica.ts';

export interface ReplayVerifyReport {
  readonly seq: number;
  readonly stateHash: string;
  readonly contentHash: string;
  /** Commits replayed. */
  readonly commits: number;
  /** Where the replay began: 0, or the oldest checkpoint where the log was let go. */
  readonly fromSeq: number;
  /** What was compared: hashes by opening, and those that each checkpoint claims at its seq. */
  readonly compared: readonly {
    readonly what: string;
    readonly seq: number;
    readonly matches: boolean;
  }[];
  readonly matches: boolean;
}

/** Changes nothing; the directory may be in use. Throws `log_damaged` and the errors of opening. */
export function replayVerify(env: Env, dataDir: string): ReplayVerifyReport {
  const limits = DEFAULT_LIMITS;
  const opened = openReplica(env, dataDir, { access: 'read', limits });
  opened.log.abandon();
  const base = opened.log.baseSeq;
  const replayed = openReplica(env, dataDir, {
    access: 'read',
    limits,
    ...startOf(base),
  });
  replayed.log.abandon();
  const { storage } = replayed.replica;
  const stateHash = storage.stateHash();
  const contentHash = storage.contentHash();
  const compared = [
    { what: 'state', seq: opened.seq, matches: opened.replica.storage.stateHash() === stateHash },
    {
      what: 'content',
      seq: opened.seq,
      matches: opened.replica.storage.contentHash() === contentHash,
    },
    ...compareCheckpoints(env, dataDir, base),
  ];
  return {
    seq: replayed.seq,
    stateHash,
    contentHash,
    commits: replayed.replayedCommits,
    fromSeq: replayed.checkpointSeq,
    compared,
    matches: compared.every((comparison) => comparison.matches),
  };
}

/** Where the log was let go, nothing stands before the oldest checkpoint. */
function startOf(base: number): { fromBase?: boolean; fromOldest?: boolean } {
  return base === 0 ? { fromBase: true } : { fromOldest: true };
}

/** What each checkpoint claims against a replay that stops at its seq. */
function compareCheckpoints(
  env: Env,
  dataDir: string,
  base: number,
): { what: string; seq: number; matches: boolean }[] {
  // A crash may leave one below the base; the next checkpoint drops it, and nobody can check it.
  const listed = listCheckpoints(env, checkpointDirectory(env, dataDir));
  return listed
    .filter(({ seq }) => seq >= base)
    .map(({ file, seq }) => {
      const header = readCheckpointHeader(env, file);
      if (!header.ok) return { what: `checkpoint ${header.error.message}`, seq, matches: false };
      const until = openReplica(env, dataDir, {
        access: 'read',
        limits: DEFAULT_LIMITS,
        ...startOf(base),
        untilSeq: seq,
      });
      until.log.abandon();
      const matches = until.replica.storage.stateHash() === hexOf(header.value.stateHash);
      return { what: 'checkpoint', seq, matches };
    });
}
