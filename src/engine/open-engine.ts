/**
 * Opening a node in the seed's order: options → directory → lock → identity → log and recovery of
 * the store → limits of the world → running engine. Nothing binds a port; nothing is needed of any
 * network.
 */
import { AdastraError } from '../core/index.ts';
import { type Env, errorCode, type FileLock } from '../env/index.ts';
import { limitsOfWorld, WORLD_LIMITS_KEY } from '../store/transactions/index.ts';
import { directoryState, diskError, syncName } from './directory.ts';
import { Engine } from './engine.ts';
import { loadIdentity } from './identity.ts';
import { openTerm } from './term.ts';
import { initializeDirectory } from './initialize.ts';
import { takeLock } from './lock.ts';
import type { RecoveryReport } from './node-api.ts';
import type { ResolvedOptions } from './options.ts';
import { type OpenedReplica, openReplica } from './replica.ts';
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
  if (state !== 'world') await create(env, path, options, { create: settings.create, state });
  const startMs = env.clock.monoMs();
  if (options.readOnly) return readEngine(env, path, options, startMs, undefined);
  const lock = await takeLock(env, path);
  try {
    // The attempt that made it may have been killed before its name was durable.
    if (state === 'world') syncName(env, path);
    if (finishRepair(env, path) !== undefined) {
      options.logger?.warn(`went on with a repair of ${path} that was interrupted`);
    }
    return writeEngine(env, path, options, { lock, startMs });
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

function writeEngine(
  env: Env,
  dataDir: string,
  options: ResolvedOptions,
  { lock, startMs }: { lock: FileLock; startMs: number },
): Engine {
  const identity = loadIdentity(env, dataDir, options.identityDir);
  const log = { segmentBytes: options.limits.segmentBytes };
  const opened = openReplica(env, dataDir, { access: 'write', limits: options.limits, log });
  openTerm(env, opened.log);
  const recovery = recoveryReport(env, opened, startMs);
  if (recovery.tornBytes > 0) {
    options.logger?.warn(
      `recovery set ${recovery.tornBytes} bytes of a torn tail aside: ${recovery.aside.join(', ')}`,
    );
  }
  return wire(env, dataDir, options, { identity, opened, recovery, lock, damage: undefined });
}

function readEngine(
  env: Env,
  dataDir: string,
  options: ResolvedOptions,
  startMs: number,
  asked: AdastraError | undefined,
): Engine {
  if (isRepairUnfinished(env, dataDir)) throw unfinishedError(dataDir);
  const identity = loadIdentity(env, dataDir, options.identityDir);
  const opened = openReplica(env, dataDir, { access: 'read', limits: options.limits });
  const found = opened.report.damage;
  if (found !== undefined && options.onDamage === 'throw') throw damageOf(found);
  const damage = asked ?? (found === undefined ? undefined : damageOf(found));
  const recovery = recoveryReport(env, opened, startMs);
  return wire(env, dataDir, options, { identity, opened, recovery, lock: undefined, damage });
}

function damageOf(damage: object & { reason?: string }): AdastraError {
  return new AdastraError('log_damaged', `the log is damaged: ${damage.reason ?? 'see details'}`, {
    hint: "open it with onDamage: 'readOnly', or repair it: adastra log repair",
    details: { ...damage },
  });
}

function wire(
  env: Env,
  dataDir: string,
  options: ResolvedOptions,
  found: {
    identity: ReturnType<typeof loadIdentity>;
    opened: OpenedReplica;
    recovery: RecoveryReport;
    lock: FileLock | undefined;
    damage: AdastraError | undefined;
  },
): Engine {
  const { identity, opened, recovery, lock, damage } = found;
  const { replica, log } = opened;
  const limits = limitsOfWorld(options.limits, replica.storage.get(WORLD_LIMITS_KEY));
  return new Engine({
    env,
    dataDir,
    options,
    limits,
    identity,
    replica,
    log,
    recovery,
    lock,
    damage,
  });
}

function recoveryReport(env: Env, opened: OpenedReplica, startMs: number): RecoveryReport {
  const { report, checkpointSeq, replayedCommits, rejectedCheckpoints } = opened;
  return {
    checkpointSeq,
    replayedCommits,
    headSeq: report.headSeq,
    cleanClose: report.sealed,
    tornBytes: report.torn?.bytes ?? 0,
    aside: report.torn?.files.map(({ file }) => file) ?? [],
    rejectedCheckpoints,
    durationMs: env.clock.monoMs() - startMs,
  };
}
