/**
 * What a node keeps for itself when its log starts over: the receipts of its commands, its clock,
 * up to where its old log had applied whom, and the old log to read from. The state of the old log
 * is not held: it is let go before the new one is loaded.
 */
import type { Hlc, Limits, Vector } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { listCheckpoints } from '../../store/checkpoint/index.ts';
import type { CommitLog, LogOptions } from '../../wal/index.ts';
import { checkpointDirectory } from '../directory.ts';
import { openReplica } from '../replica.ts';

export interface OldNode {
  /** Recovered; nothing more is written to it. The caller abandons it. */
  readonly log: CommitLog;
  readonly vector: Vector;
  readonly clock: Hlc;
  /** As `CommandMemory` encodes itself. */
  readonly commands: Uint8Array;
  /** Above every seq that this directory ever gave, checkpoints' included. */
  readonly nextSeq: number;
}

/** The caller holds the lock. Throws what opening throws. */
export function openOldNode(
  env: Env,
  dataDir: string,
  limits: Limits,
  options?: LogOptions,
): OldNode {
  const { log, replica } = openReplica(env, dataDir, { access: 'write', limits, log: options });
  const seqs = listCheckpoints(env, checkpointDirectory(env, dataDir)).map(({ seq }) => seq);
  const nextSeq = Math.max(log.headSeq, ...seqs) + 1;
  const { vector, clock, commands } = replica;
  return { log, vector: vector.copy(), clock, commands: commands.encode(), nextSeq };
}
