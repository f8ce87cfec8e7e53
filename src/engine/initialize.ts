/**
 * The first initialisation of a directory, atomic: everything is built in a directory beside it,
 * made durable, and put in place by one rename. A crash before leaves nothing but that directory,
 * which the next attempt removes.
 */
import { AdastraError, HybridClock, hexOf, type Limits } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { OperationRegistry } from '../store/operations/index.ts';
import { Lane, worldIdOf, Writes } from '../store/transactions/index.ts';
import { createLog } from '../wal/index.ts';
import { authorOf } from './author.ts';
import {
  checkpointDirectory,
  diskError,
  directoryState,
  identityDirectory,
  makeDirectories,
  placeFile,
  removeTree,
} from './directory.ts';
import { foundWorld } from './founding.ts';
import { loadIdentity, type NodeIdentity, newIdentity, saveIdentity } from './identity.ts';
import { openReplica } from './replica.ts';

export interface InitOptions {
  readonly nodeId?: string | undefined;
  readonly displayName?: string | undefined;
  readonly identityDir?: string | undefined;
  readonly limits: Limits;
  /** Takes part in an existing world instead of founding one (its log then begins empty). */
  readonly worldId?: Uint8Array | undefined;
  /** A key that was drawn before; default: the one in `identityDir`, or a new one. */
  readonly identity?: NodeIdentity | undefined;
  /** Further small files of the new directory. */
  readonly files?: readonly { readonly name: string; readonly bytes: Uint8Array }[] | undefined;
}

/** What was made. */
export interface InitReport {
  readonly nodeId: string;
  readonly worldId: string;
  readonly fingerprint: string;
}

const ID_BYTES = 16;
const SALT_BYTES = 32;

/** Makes the directory of a new node; `already_exists` where there is something already. */
export async function initializeDirectory(
  env: Env,
  dataDir: string,
  options: InitOptions,
): Promise<InitReport> {
  const path = env.fs.resolve(dataDir);
  const state = directoryState(env, path);
  if (state === 'world' || state === 'foreign') throw occupied(path, state);
  const aside = `${path}.initializing`;
  try {
    makeDirectories(env, env.fs.resolve(path, '..'));
    removeTree(env, aside);
    env.fs.makeDirectory(aside);
    const report = await build(env, aside, options);
    env.fs.syncDirectory(aside);
    env.fs.rename(aside, path);
    env.fs.syncDirectory(env.fs.resolve(path, '..'));
    return report;
  } catch (error) {
    throw AdastraError.is(error) ? notMade(error, path) : diskError(error, `cannot make ${path}`);
  }
}

/** What a failed flush leaves open in the log is no question here: nothing was put in place. */
function notMade(error: AdastraError, path: string): AdastraError {
  if (error.code !== 'unknown_outcome' && error.code !== 'latched') return error;
  return new AdastraError('io_error', `cannot make ${path}: a flush failed`, {
    hint: 'nothing was made; look at the disk and try again',
    details: { path },
    cause: error,
  });
}

async function build(env: Env, directory: string, options: InitOptions): Promise<InitReport> {
  const identity = ownIdentity(env, directory, options);
  const salt = env.random.bytes(SALT_BYTES);
  const worldId = options.worldId ?? worldIdOf(env.crypto, identity.publicKey, salt);
  env.fs.makeDirectory(checkpointDirectory(env, directory));
  const created = createLog(env, directory, {
    worldId,
    logId: env.random.bytes(ID_BYTES),
    term: 0,
  });
  if (!created.ok) throw created.error;
  if (options.worldId === undefined)
    await foundIn(env, directory, identity, { salt, limits: options.limits });
  for (const { name, bytes } of options.files ?? []) placeFile(env, directory, name, bytes);
  const { nodeId, fingerprint } = identity;
  return { nodeId, fingerprint, worldId: hexOf(worldId) };
}

/** A given identity directory may hold a key already: a node that starts anew keeps its key. */
function ownIdentity(
  env: Env,
  directory: string,
  { identityDir, nodeId, displayName, identity: drawn }: InitOptions,
): NodeIdentity {
  if (
    identityDir !== undefined &&
    env.fs.stat(env.fs.resolve(identityDir, 'node.json')) !== undefined
  ) {
    return loadIdentity(env, directory, identityDir);
  }
  const identity = drawn ?? newIdentity(env, nodeId, displayName);
  saveIdentity(env, identityDirectory(env, directory, identityDir), identity);
  return identity;
}

async function foundIn(
  env: Env,
  directory: string,
  identity: NodeIdentity,
  { salt, limits }: { salt: Uint8Array; limits: Limits },
): Promise<void> {
  const { replica, log } = openReplica(env, directory, { access: 'write', limits });
  const lane = new Lane({
    env,
    log,
    storage: replica.storage,
    origins: replica.origins,
    vector: replica.vector,
    incarnations: replica.incarnations,
    seen: replica.seen,
    commands: replica.commands,
    collected: replica.collected,
    heads: replica.heads,
    decided: replica.decided,
    operations: new OperationRegistry(),
    limits,
    clock: new HybridClock(replica.clock),
    author: authorOf(env, identity, replica, log.term),
    durability: 'always',
    flush: { intervalMs: 100, blockingFlush: true },
  });
  const writes = new Writes(lane);
  await writes.transactSystem((tx) => foundWorld(tx, identity, salt, limits), {
    reason: 'world founded',
  });
  await lane.close();
  const failure = log.close();
  if (failure !== undefined) throw failure;
}

function occupied(path: string, state: 'world' | 'foreign'): AdastraError {
  const what = state === 'world' ? 'holds a world already' : 'is not empty and holds no world';
  return new AdastraError('already_exists', `${path} ${what}`, {
    hint:
      state === 'world'
        ? 'open it, or choose another directory'
        : 'choose an empty or a new directory',
    details: { path },
  });
}
