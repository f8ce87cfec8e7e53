/**
 * A write lane over a replica, as a running node has one, for those who build a log beside the old
 * one.
 */
import { HybridClock } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { OperationRegistry } from '../../store/operations/index.ts';
import { Lane } from '../../store/transactions/index.ts';
import type { CommitLog } from '../../wal/index.ts';
import { authorOf } from '../author.ts';
import type { NodeIdentity } from '../identity.ts';
import type { ResolvedOptions } from '../options.ts';
import type { Replica } from '../replica.ts';

export function laneOn(
  env: Env,
  log: CommitLog,
  replica: Replica,
  node: { readonly identity: NodeIdentity; readonly options: ResolvedOptions },
): Lane {
  const { storage, origins, vector, incarnations, seen, commands } = replica;
  const { collected, decided, heads } = replica;
  const { limits, policies, toleratedJump } = settingsOf(node.options);
  const lane = new Lane({
    env,
    log,
    storage,
    origins,
    vector,
    incarnations,
    seen,
    commands,
    collected,
    decided,
    heads,
    policies: { definitions: policies, warn: () => {} },
    limits,
    clock: new HybridClock(replica.clock, toleratedJump),
    operations: new OperationRegistry(),
    author: authorOf(env, node.identity, replica, log.term),
    durability: 'os',
    flush: { intervalMs: 100, blockingFlush: true },
  });
  replica.logVector = () => lane.logVector();
  return lane;
}

function settingsOf({ limits, policies }: ResolvedOptions): {
  limits: ResolvedOptions['limits'];
  policies: ResolvedOptions['policies'];
  toleratedJump: number;
} {
  return { limits, policies, toleratedJump: limits.toleratedForwardJumpMs };
}
