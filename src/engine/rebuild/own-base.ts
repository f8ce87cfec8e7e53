/**
 * The checkpoint that a node's own log begins behind, for who builds the log anew from where it
 * begins.
 */
import type { AdastraError } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { listCheckpoints } from '../../store/checkpoint/index.ts';
import { checkpointDirectory } from '../directory.ts';

/** `undefined` for a log that begins at the very beginning; throws `missing` where it is gone. */
export function ownBase(
  env: Env,
  dataDir: string,
  baseSeq: number,
  missing: () => AdastraError,
): string | undefined {
  if (baseSeq === 0) return undefined;
  const listed = listCheckpoints(env, checkpointDirectory(env, dataDir));
  const base = listed.reverse().find(({ seq }) => seq >= baseSeq);
  if (base === undefined) throw missing();
  return base.file;
}
