/**
 * `NodeAccess` by this package itself: nodes run in this process; one that another process has open
 * is reached through that process's socket.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import {
  followDirectory,
  followedDirectory,
  followUrl,
  initNode,
  joinWorld,
  openNode,
  repairLog,
  replayVerify,
  restoreAsNewWorld,
  restoreBackup,
  verifyDirectory,
} from '../client/index.ts';
import { nodeEnv } from '../env/node/index.ts';
import { attachTo, DirectoryWatch, readNodeFile, remoteLogAt, serveNode } from '../daemon/index.ts';
import type { FollowOptions, LockState, NodeAccess, OwnNode } from './node-access.ts';

/** The one that `adastra` uses. */
export const clientAccess: NodeAccess = {
  open: (options) => openNode(options),
  follow: ({ follow, token, signal, ...options }) => {
    if (follow.includes('://')) return followAt(follow, options, { token, signal });
    const path = followedDirectory(follow);
    return followDirectory(options, path, new DirectoryWatch(path));
  },
  init: (dataDir, options) => initNode(dataDir, options),
  lockState,
  verify: (dataDir) => verifyDirectory(dataDir),
  repair: (dataDir) => repairLog(dataDir),
  replayVerify: (dataDir, options) => replayVerify(dataDir, options),
  restore: (source, dataDir, { newWorld, ...options }): Promise<object> =>
    newWorld ? restoreAsNewWorld(source, dataDir) : restoreBackup(source, dataDir, options),
  join: (dataDir, code, options) => joinWorld(dataDir, code, options),
  attach: (dataDir) => attachTo(dataDir),
  leftBehind: (dataDir) => readNodeFile(dataDir),
  isRunning,
  serve: (node, options) => serveNode(node, options),
};

/** Copying a log for the first time takes its time: `signal` ends it. */
async function followAt(
  url: string,
  options: { readonly dataDir: string },
  { token, signal }: Pick<FollowOptions, 'token' | 'signal'>,
): Promise<OwnNode> {
  const remote = remoteLogAt({ url, token });
  const end = (): void => remote.close();
  signal?.addEventListener('abort', end, { once: true });
  try {
    return await followUrl(options, url, remote);
  } finally {
    signal?.removeEventListener('abort', end);
  }
}

/** Takes the lock for a moment, where there is one to take. */
async function lockState(dataDir: string): Promise<LockState> {
  const path = join(dataDir, 'lock');
  if (!existsSync(path)) return { kind: 'none', reason: 'nothing to lock yet' };
  try {
    const lock = await nodeEnv().fs.lock(path, JSON.stringify({ pid: process.pid }));
    lock.release();
    return { kind: 'free' };
  } catch (error) {
    const { code, message, holder } = error as Error & { code?: string; holder?: string };
    if (code === 'ELOCKED') return { kind: 'held', pid: pidOf(holder) };
    return { kind: 'unknown', reason: message };
  }
}

/** Only asked of processes that nobody else can be taken for: it is about to end. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function pidOf(note: string | undefined): number | undefined {
  try {
    const { pid } = JSON.parse(note ?? '') as { pid?: unknown };
    return typeof pid === 'number' ? pid : undefined;
  } catch {
    return undefined;
  }
}
