/**
 * The state as it was at an earlier seq: the nearest checkpoint at or below it, then the log up to
 * it, into an L1 of its own. Costs what such an opening costs; the result lives until it is
 * dropped.
 */
import { AdastraError, type Limits } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { Reads, type Snapshot } from './reads.ts';
import { type OpenedReplica, openReplica } from './replica.ts';

/** Throws `invalid_argument`, `not_found` (a seq that is not there yet), `history_truncated`. */
export function stateAt(
  env: Env,
  dataDir: string,
  seq: number,
  bounds: { limits: Limits; headSeq: number; baseSeq: number },
): Snapshot {
  const { limits, headSeq, baseSeq } = bounds;
  if (!Number.isSafeInteger(seq) || seq < 0) {
    throw new AdastraError('invalid_argument', 'at takes a seq, a whole number from 0');
  }
  if (seq > headSeq)
    throw new AdastraError('not_found', `the log ends at seq ${headSeq}`, {
      details: { seq, headSeq },
    });
  if (seq < baseSeq) {
    throw new AdastraError('history_truncated', `the log begins behind seq ${baseSeq}`, {
      details: { seq, baseSeq },
    });
  }
  const { replica, log } = openAt(env, dataDir, seq, bounds);
  log.abandon();
  return new Reads(replica.storage, replica.origins, limits, () => seq).snapshot();
}

/**
 * The writer knows that what it published is in the log: no mark has to say so (`witnessSeq`). All
 * of it, since a batch that begins below `seq` may end above it.
 */
function openAt(
  env: Env,
  dataDir: string,
  seq: number,
  { limits, headSeq }: { readonly limits: Limits; readonly headSeq: number },
): OpenedReplica {
  try {
    const until = { untilSeq: seq, witnessSeq: headSeq };
    return openReplica(env, dataDir, { access: 'read', limits, ...until });
  } catch (error) {
    if (!AdastraError.is(error) || error.code !== 'checkpoint_damaged') throw error;
    if ((error.details['rejected'] as readonly unknown[]).length > 0) throw error;
    // The log begins later and no checkpoint is as old as that.
    throw new AdastraError('history_truncated', `no checkpoint is at or below seq ${seq}`, {
      hint: 'ask for a seq at or above the oldest checkpoint',
      details: { ...error.details, seq },
    });
  }
}
