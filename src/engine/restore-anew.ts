/**
 * A world of its own out of a backup: for whom the key of the only admin is lost with its disk.
 * Then nobody could admit the restored node, and it could never write. What is carried over is the
 * present state: user keys with what readers get of them, and the policies; history, members and
 * siblings that were in conflict stay behind in the backup. Commits name where they came from.
 */
import { AdastraError, hexOf, isReservedKey, type Value } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import type { Writes } from '../store/transactions/index.ts';
import { readManifest } from './backup.ts';
import { directoryState, diskError, makeDirectories, removeTree } from './directory.ts';
import { openEngine } from './open-engine.ts';
import type { ResolvedOptions } from './options.ts';
import { listPolicies, setPolicy } from './policies.ts';
import { openReplica } from './replica.ts';
import { verifyDirectory } from './verify.ts';

/** What was made. */
export interface AnewReport {
  readonly dataDir: string;
  readonly nodeId: string;
  readonly worldId: string;
  readonly fromWorldId: string;
  readonly fromSeq: number;
  readonly keys: number;
  /** Keys whose siblings were in conflict: what readers got of them was taken. */
  readonly conflicts: number;
}

/** Bytes of values in one commit, about. */
const COMMIT_BYTES = 1024 * 1024;
const COMMIT_KEYS = 1000;

/** `source`: a directory that `backup` made. Throws `backup_invalid`, `already_exists`. */
export async function restoreAnew(
  env: Env,
  source: string,
  dataDir: string,
  options: ResolvedOptions,
): Promise<AnewReport> {
  const from = env.fs.resolve(source);
  const path = env.fs.resolve(dataDir);
  const state = directoryState(env, path);
  if (state !== 'missing' && state !== 'empty') {
    throw new AdastraError('already_exists', `${path} is not empty`, { details: { path } });
  }
  const seq = readManifest(env, from);
  await checkSource(env, from);
  const aside = `${path}.restoring`;
  try {
    makeDirectories(env, env.fs.resolve(path, '..'));
    removeTree(env, aside);
    const report = await carryOver(env, { from, seq }, aside, options);
    env.fs.rename(aside, path);
    env.fs.syncDirectory(env.fs.resolve(path, '..'));
    return { ...report, dataDir: path };
  } catch (error) {
    removeTree(env, aside);
    throw diskError(error, `cannot restore to ${path}`);
  }
}

async function checkSource(env: Env, from: string): Promise<void> {
  const verified =
    directoryState(env, from) === 'world' ? await verifyDirectory(env, from) : undefined;
  if (verified?.ok === true) return;
  const reason = verified?.problems[0]?.reason ?? 'there is no log in it';
  throw new AdastraError('backup_invalid', `${from} is no usable backup: ${reason}`, {
    details: { path: from, reason },
  });
}

async function carryOver(
  env: Env,
  { from, seq: witnessSeq }: { readonly from: string; readonly seq: number },
  target: string,
  options: ResolvedOptions,
): Promise<Omit<AnewReport, 'dataDir'>> {
  const { limits } = options;
  // The log of a backup need not hold a mark behind its last commit: the manifest vouches for it.
  const opened = openReplica(env, from, { access: 'read', limits, witnessSeq });
  const { storage } = opened.replica;
  const fromWorldId = hexOf(opened.log.worldId);
  const engine = await openEngine(env, target, options, { create: true });
  try {
    const writes = engine.writable();
    for (const { prefix, ...rule } of listPolicies(storage)) await setPolicy(writes, prefix, rule);
    const reason = `restored from world ${fromWorldId} at seq ${opened.seq}`;
    const keys = await copyEntries(storage, writes, reason);
    const { nodeId, worldId } = await engine.nodeInfo();
    const conflicts = [...storage.conflicts()].filter((key) => !isReservedKey(key)).length;
    return { nodeId, worldId, fromWorldId, fromSeq: opened.seq, keys, conflicts };
  } finally {
    opened.log.abandon();
    await engine.close();
  }
}

async function copyEntries(
  storage: ReturnType<typeof openReplica>['replica']['storage'],
  writes: Writes,
  reason: string,
): Promise<number> {
  const cursor = storage.range({});
  let keys = 0;
  let group: [string, Value][] = [];
  let bytes = 0;
  const commit = async (): Promise<void> => {
    const entries = group;
    group = [];
    bytes = 0;
    if (entries.length === 0) return;
    await writes.transact((tx) => entries.forEach(([key, value]) => tx.put(key, value)), {
      reason,
    });
  };
  while (cursor.next()) {
    const { viewCell } = cursor.entry();
    group.push([cursor.key, cursor.value() as Value]);
    keys++;
    bytes += viewCell === undefined ? 0 : viewCell.end - viewCell.start;
    if (group.length >= COMMIT_KEYS || bytes >= COMMIT_BYTES) await commit();
  }
  await commit();
  return keys;
}
