/**
 * Takes commits out that count nowhere any more: what lies behind the end of a closed member. The
 * log starts over behind its own base without them and without what has seen them; own commits
 * among those are written down to be authored again (design § 9, "Re-authoring").
 */
import { AdastraError } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import type { LeavesOut } from './carry-over.ts';
import { openOldNode } from './old-node.ts';
import { ownBase } from './own-base.ts';
import { rebase, type RebasedNode, type RebaseReport } from './rebase.ts';

/**
 * For a directory whose log is closed and whose lock the caller holds; then open it and `reauthor`.
 * Throws `condition_failed`, with nothing changed, where the base of the log is gone.
 */
export async function takeOut(
  env: Env,
  dataDir: string,
  { leavesOut, ...node }: RebasedNode & { readonly leavesOut: LeavesOut },
): Promise<RebaseReport> {
  const path = env.fs.resolve(dataDir);
  const old = openOldNode(env, path, node.options.limits);
  const { baseSeq } = old.log;
  old.log.abandon();
  return rebase(env, path, node, { file: ownBase(env, path, baseSeq, noBase), leavesOut });
}

function noBase(): AdastraError {
  return new AdastraError('condition_failed', 'the checkpoint that the log begins at is gone', {
    hint: 'take a snapshot of a member',
  });
}
