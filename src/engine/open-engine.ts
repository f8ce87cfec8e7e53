/**
 * Opening a node in the seed's order: options → directory → lock → identity → log and recovery of
 * the store → limits of the world → running engine. Nothing binds a port; nothing is needed of any
 * network.
 */
import { AdastraError } from '../core/index.ts';
import { type Env, errorCode } from '../env/index.ts';
import type { Lane } from '../store/transactions/index.ts';
import { directoryState, diskError, syncName } from './directory.ts';
import { Engine } from './engine.ts';
import { checkNoReader } from './follow/reader-file.ts';
import { initializeDirectory } from './initialize.ts';
import { takeLock } from './lock.ts';
import { openParts, readParts } from './open-parts.ts';
import type { ResolvedOptions } from './options.ts';
import { decideAnew } from './policies.ts';
import { finishRepair, isRepairUnfinished, unfinishedError } from './starting-over.ts';

export interface OpenSettings {
  /** Whether a missing directory is made; otherwise it is `not_initialized`. */
  readonly create: boolean;
}

/** Opens the node of a directory. */
export async function openEngine(
  env: Env,
  dataDir: string,
  options: ResolvedOptions,
  settings: OpenSettings,
): Promise<Engine> {
  const path = env.fs.resolve(dataDir);
  const state = directoryState(env, path);
  if (!options.readOnly) checkNoReader(env, path);
  if (state !== 'world') await create(env, path, options, { create: settings.create, state });
  const startMs = env.clock.monoMs();
  if (options.readOnly) return readEngine(env, path, options, startMs, undefined);
  const lock = await takeLock(env, path);
  try {
    // The attempt that made it may have been killed before its name was durable.
    if (state === 'world') syncName(env, path);
    if (finishRepair(env, path) !== undefined) {
      options.logger?.warn(`went on with a repair of ${path} that was interrupted`, {
        event: 'repair_resumed',
      });
    }
    const engine = new Engine(openParts(env, path, options, { lock, startMs }));
    await decideAnew(engine.lane as Lane);
    await engine.begin();
    return engine;
  } catch (error) {
    lock.release();
    if (options.onDamage === 'readOnly' && AdastraError.is(error) && error.code === 'log_damaged') {
      return readDamaged(env, path, options, startMs, error);
    }
    const isOfDisk = !AdastraError.is(error) && errorCode(error) !== undefined;
    throw isOfDisk ? diskError(error, `cannot open ${path}`) : error;
  }
}

/**
 * The log before its first bad place, with the newest checkpoint within it. A checkpoint behind
 * that place is not shown: its state is good, but nothing of the log leads to it; repair starts
 * from it.
 */
function readDamaged(
  env: Env,
  path: string,
  options: ResolvedOptions,
  startMs: number,
  damage: AdastraError,
): Engine {
  try {
    return readEngine(env, path, options, startMs, damage);
  } catch (error) {
    // Where retention let the beginning go and no checkpoint is left before the damage, nothing of
    // what can be read is a state: what is wrong is still the damage.
    const isNoStart = AdastraError.is(error) && error.code === 'checkpoint_damaged';
    throw isNoStart ? damage : error;
  }
}

async function create(
  env: Env,
  path: string,
  options: ResolvedOptions,
  { create: allowed, state }: { create: boolean; state: string },
): Promise<void> {
  if (!allowed || options.readOnly) {
    throw new AdastraError('not_initialized', `there is no node in ${path}`, {
      hint: 'make one with adastra init, or open it for writing once',
      details: { path, state },
    });
  }
  const { nodeId, displayName, identityDir, limits } = options;
  await initializeDirectory(env, path, { nodeId, displayName, identityDir, limits });
}

function readEngine(
  env: Env,
  dataDir: string,
  options: ResolvedOptions,
  startMs: number,
  asked: AdastraError | undefined,
): Engine {
  if (isRepairUnfinished(env, dataDir)) throw unfinishedError(dataDir);
  return new Engine(readParts(env, dataDir, options, { startMs, asked }));
}
