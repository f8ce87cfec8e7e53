/**
 * Calls on a directory that is not open: made once, verified, repaired, replayed, restored. What
 * the command line needs beside a client.
 */
import { AdastraError, DEFAULT_LIMITS } from '../core/index.ts';
import {
  directoryState,
  type Engine,
  type Follower,
  type FollowSource,
  type InitReport,
  initializeDirectory,
  type JoinReport,
  joinWorld as joinWorldIn,
  type NodeOptions,
  logSourceOf,
  Mirror,
  openEngine,
  openFollower,
  type RemoteLog,
  repairDirectory,
  type RepairReport,
  type ReplayVerifyReport,
  type AnewReport,
  replayVerify as replayVerifyDirectory,
  restoreAnew,
  resolveOptions,
  type SourceWatch,
  restoreBackup as restoreInto,
  type RestoreOptions,
  type RestoreReport,
  type VerifyReport,
  verifyDirectory as verifyBytes,
} from '../engine/index.ts';
import { realEnvironment } from './node-environment.ts';

/** Opens an existing node; `not_initialized` where there is none. */
export async function openNode(
  options: NodeOptions & { readonly dataDir: string },
): Promise<Engine> {
  const resolved = resolveOptions(options);
  return openEngine(realEnvironment(), options.dataDir, resolved, { create: false });
}

/**
 * Opens a read daemon's directory: a node that follows another one's log and writes nothing.
 * `watch` tells how far the log in directory `path` is durable. Throws `invalid_options`, `locked`,
 * `already_exists`, `not_initialized`.
 */
export async function followDirectory(
  options: NodeOptions & { readonly dataDir: string },
  path: string,
  watch: SourceWatch,
): Promise<Follower> {
  return follow(options, { kind: 'directory', path }, watch);
}

/** The same of a node on another machine, whose log is copied. Throws what that node answers. */
export async function followUrl(
  options: NodeOptions & { readonly dataDir: string },
  url: string,
  remote: RemoteLog,
): Promise<Follower> {
  const { dataDir, logger } = options;
  const env = realEnvironment();
  const path = env.fs.resolve(dataDir);
  const watch = new Mirror({ env, dataDir: path, remote, logger });
  return follow(options, { kind: 'url', url }, watch);
}

async function follow(
  options: NodeOptions & { readonly dataDir: string },
  source: FollowSource,
  watch: SourceWatch,
): Promise<Follower> {
  const { dataDir } = options;
  const resolved = resolveOptions({ ...options, readOnly: true });
  try {
    const env = realEnvironment();
    return await openFollower(env, { dataDir, source, watch, options: resolved });
  } catch (error) {
    watch.close();
    throw error;
  }
}

/** Where the log lies that whoever follows `path` follows: a read daemon follows another's. */
export function followedDirectory(path: string): string {
  return logSourceOf(realEnvironment(), path);
}

/** Makes a directory with a world of its own; `already_exists` where there is something. */
export async function initNode(
  dataDir: string,
  options: {
    readonly nodeId?: string;
    readonly displayName?: string;
    readonly identityDir?: string;
  } = {},
): Promise<InitReport> {
  const { nodeId, displayName, identityDir } = options;
  const limits = DEFAULT_LIMITS;
  return initializeDirectory(realEnvironment(), dataDir, {
    nodeId,
    displayName,
    identityDir,
    limits,
  });
}

/**
 * Joins a world with a code that `invite` gave: makes the directory, or gives one that holds no
 * user commit to the new world. Open it afterwards, with transport, to receive the world. Throws
 * `invite_invalid`, `invite_refused`, `world_mismatch`, `locked`, and what connecting throws.
 */
export async function joinWorld(
  dataDir: string,
  code: string,
  options: {
    readonly nodeId?: string;
    readonly displayName?: string;
    readonly identityDir?: string;
    readonly signal?: AbortSignal;
  } = {},
): Promise<JoinReport> {
  return joinWorldIn(realEnvironment(), dataDir, code, { ...options, limits: DEFAULT_LIMITS });
}

/** Checks every byte of a directory; damage is in the report, not thrown. */
export async function verifyDirectory(
  dataDir: string,
  options: {
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<VerifyReport> {
  const env = realEnvironment();
  requireWorld(dataDir);
  return verifyBytes(env, env.fs.resolve(dataDir), options);
}

/**
 * Repairs a damaged directory and says what was kept: the log before its first bad place, or a new
 * log behind a checkpoint. What is given up is set aside. Takes the lock; `condition_failed` when
 * nothing is wrong.
 */
export async function repairLog(dataDir: string): Promise<RepairReport> {
  requireWorld(dataDir);
  return repairDirectory(realEnvironment(), dataDir);
}

/** Replays the log from its base beside the directory and compares hashes. */
export async function replayVerify(
  dataDir: string,
  _options: { readonly onProgress?: (done: number, total: number) => void } = {},
): Promise<ReplayVerifyReport> {
  const env = realEnvironment();
  requireWorld(dataDir);
  return replayVerifyDirectory(env, env.fs.resolve(dataDir));
}

/**
 * Makes `dataDir` out of a backup: a node of the same world, with the key in `identityDir` or in
 * `identityFrom` if there is one, else with a key of its own, which an admin has to admit
 * (`joinWorld`) before it may write.
 */
export async function restoreBackup(
  source: string,
  dataDir: string,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  return restoreInto(realEnvironment(), source, dataDir, options);
}

/**
 * Makes `dataDir` a world of its own that holds the state of a backup, not its history: for whom
 * the key of the only admin is lost.
 */
export async function restoreAsNewWorld(
  source: string,
  dataDir: string,
  options: { readonly identityDir?: string; readonly nodeId?: string } = {},
): Promise<AnewReport> {
  return restoreAnew(realEnvironment(), source, dataDir, resolveOptions({ ...options, dataDir }));
}

function requireWorld(dataDir: string): void {
  const env = realEnvironment();
  if (directoryState(env, dataDir) === 'world') return;
  throw new AdastraError('not_initialized', `there is no node in ${env.fs.resolve(dataDir)}`, {
    hint: 'make one with adastra init',
  });
}
