/**
 * Opening a read daemon's directory: made where it is missing, locked, with an identity of its own
 * (it is no member of the world) and `reader.json`, which says that it is one and what it follows.
 */
import { AdastraError } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { findLog } from '../../wal/index.ts';
import {
  checkpointDirectory,
  diskError,
  identityDirectory,
  logDirectory,
  makeDirectories,
  placeFile,
  readFile,
} from '../directory.ts';
import { loadIdentity, newIdentity, type NodeIdentity, saveIdentity } from '../identity.ts';
import { takeLock } from '../lock.ts';
import type { ResolvedOptions } from '../options.ts';
import { Follower } from './follower.ts';
import { isReaderDirectory, READER_FILE } from './reader-file.ts';
import type { FollowSource, SourceWatch } from './source.ts';
import type { FollowerSettings } from './following.ts';
import { ownStart, sourceStart, type StartPoint } from './start-point.ts';

/** What is opened. */
export interface FollowOptions {
  /** The follower's own directory. */
  readonly dataDir: string;
  readonly source: FollowSource;
  readonly watch: SourceWatch;
  readonly options: ResolvedOptions;
}

/**
 * Opens a follower. It begins at its own checkpoint, whether the source can be reached or not.
 * Throws `locked`, `already_exists` where the directory is something else, and without a checkpoint
 * what finding the source's log throws.
 */
export async function openFollower(env: Env, asked: FollowOptions): Promise<Follower> {
  const { source, watch, options } = asked;
  const dataDir = env.fs.resolve(asked.dataDir);
  const logDir = source.kind === 'directory' ? env.fs.resolve(source.path) : dataDir;
  checkOwn(env, dataDir, source);
  try {
    makeDirectories(env, checkpointDirectory(env, dataDir));
    const lock = await takeLock(env, dataDir);
    try {
      const identity = ownIdentity(env, dataDir, options);
      noteSource(env, dataDir, source);
      const settings = { env, dataDir, logDir, options, identity };
      const start = await startOf(env, settings, watch);
      return new Follower({ settings, source, watch, lock }, start);
    } catch (error) {
      lock.release();
      throw error;
    }
  } catch (error) {
    throw diskError(error, `cannot open ${dataDir}`);
  }
}

/** Where it goes on: what is its own first; of a copied log that is all there is. */
async function startOf(
  env: Env,
  { dataDir, logDir, options }: FollowerSettings,
  watch: SourceWatch,
): Promise<StartPoint> {
  const isCopied = dataDir === logDir;
  const hasLog = findLog(env, logDir) !== undefined;
  const own = isCopied && hasLog ? undefined : ownStart(env, dataDir, options);
  if (own !== undefined) return own;
  if (!hasLog) await watch.prepare?.();
  return sourceStart(env, logDir, options);
}

/** A directory that is a node's, or anything else's, is never made a read daemon's. */
function checkOwn(env: Env, dataDir: string, source: FollowSource): void {
  if (source.kind === 'directory' && env.fs.resolve(source.path) === dataDir) {
    throw new AdastraError('invalid_options', `${dataDir} is what is to be followed`, {
      hint: 'give the read daemon a directory of its own with --data',
      details: { option: 'data' },
    });
  }
  const stat = env.fs.stat(dataDir);
  if (stat === undefined || isReaderDirectory(env, dataDir)) return;
  const isOther =
    stat.kind !== 'directory' ||
    env.fs.stat(logDirectory(env, dataDir)) !== undefined ||
    // What an attempt left that was cut off before it said what it is.
    env.fs.list(dataDir).some((name) => !['checkpoints', 'lock', 'identity'].includes(name));
  if (!isOther) return;
  throw new AdastraError('already_exists', `${dataDir} is not the directory of a read daemon`, {
    hint: 'give the read daemon a directory of its own with --data',
    details: { path: dataDir },
  });
}

function ownIdentity(env: Env, dataDir: string, { nodeId }: ResolvedOptions): NodeIdentity {
  const directory = identityDirectory(env, dataDir, undefined);
  if (env.fs.stat(env.fs.resolve(directory, 'node.json')) === undefined) {
    saveIdentity(env, directory, newIdentity(env, nodeId));
  }
  return loadIdentity(env, dataDir, undefined);
}

function noteSource(env: Env, dataDir: string, source: FollowSource): void {
  const text = `${JSON.stringify({ format: 1, source })}\n`;
  const path = env.fs.resolve(dataDir, READER_FILE);
  if (env.fs.stat(path) !== undefined && new TextDecoder().decode(readFile(env, path)) === text) {
    return;
  }
  placeFile(env, dataDir, READER_FILE, new TextEncoder().encode(text));
}
