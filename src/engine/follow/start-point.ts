/**
 * Where a follower begins: at the newest checkpoint of its own, at one of the source's, or before
 * the first commit. Whether the log still has that place is found out by following it.
 */
import { AdastraError, equalBytes, MalformedBytes, NeedsNewerLevel } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import {
  type ListedCheckpoint,
  listCheckpoints,
  loadCheckpoint,
} from '../../store/checkpoint/index.ts';
import { findLog, type FollowedPlace, type FoundLog } from '../../wal/index.ts';
import { checkpointDirectory } from '../directory.ts';
import type { ResolvedOptions } from '../options.ts';
import { Replica } from '../replica.ts';

/** A state, and the place in the log behind it. */
export interface StartPoint {
  readonly replica: Replica;
  readonly place: FollowedPlace;
  /** For people. */
  readonly from: string;
  /** The checkpoint of the source that it was read from. */
  readonly file?: string;
}

/** A checkpoint that was of no use. */
interface Rejected {
  readonly file: string;
  readonly reason: string;
}

/** What a state is made with. */
export type StartOptions = Pick<ResolvedOptions, 'limits' | 'projections'>;

/**
 * The newest checkpoint of the follower's own that is whole and has every projection; `undefined`
 * where there is none.
 */
export function ownStart(env: Env, dataDir: string, options: StartOptions): StartPoint | undefined {
  for (const { file, seq } of checkpointsOf(env, dataDir)) {
    const attempt = fromCheckpoint(env, file, options, { isBase: false });
    if (typeof attempt === 'object') return { ...attempt, from: `its checkpoint at seq ${seq}` };
  }
  return undefined;
}

/**
 * A place in the source's log as it is now; `useless` checkpoints led nowhere. Throws
 * `not_initialized` where there is no log, `checkpoint_damaged` where its beginning was let go and
 * no checkpoint leads to what is left.
 */
export function sourceStart(
  env: Env,
  directory: string,
  options: StartOptions,
  useless: ReadonlySet<string> = new Set(),
): StartPoint {
  const log = findLog(env, directory);
  if (log === undefined) throw noLog(directory);
  const rejected: Rejected[] = [];
  const checkpoints = checkpointsOf(env, directory).filter(({ file }) => !useless.has(file));
  const found =
    firstUsable(env, checkpoints, options, { log, rejected }) ??
    beginning(env, options, log) ??
    // What projections lack is made of the entries: the log before them was let go.
    firstUsable(env, checkpoints.toReversed(), options, { log, rejected, isBase: true });
  if (found !== undefined) return found;
  throw noCheckpoint(directory, log.baseSeq, rejected);
}

function checkpointsOf(env: Env, directory: string): readonly ListedCheckpoint[] {
  return listCheckpoints(env, checkpointDirectory(env, directory));
}

function beginning(
  env: Env,
  { limits, projections }: StartOptions,
  log: FoundLog,
): StartPoint | undefined {
  if (log.baseSeq > 0) return undefined;
  const { worldId, logId } = log;
  const replica = new Replica(env, limits, projections);
  replica.projections.begin({ seq: 0 });
  const place = { worldId, logId, seq: 0, digest: new Uint8Array(32), isBase: true };
  return { replica, place, from: 'the beginning of the log' };
}

function firstUsable(
  env: Env,
  checkpoints: readonly ListedCheckpoint[],
  options: StartOptions,
  { log, rejected, isBase }: { log: FoundLog; rejected: Rejected[]; isBase?: true },
): StartPoint | undefined {
  for (const { file, seq } of checkpoints) {
    const isAtBase = seq === log.baseSeq;
    const attempt = fromCheckpoint(env, file, options, { isBase: isBase ?? isAtBase });
    const reason = typeof attempt === 'string' ? attempt : misfit(attempt.place, log);
    if (reason === undefined && typeof attempt === 'object') {
      const { replica, place } = attempt;
      const from = `a checkpoint of the source at seq ${seq}`;
      return { replica, place: { ...place, isBase: isAtBase }, from, file };
    }
    rejected.push({ file, reason: reason ?? '' });
  }
  return undefined;
}

function misfit({ logId, seq }: FollowedPlace, log: FoundLog): string | undefined {
  if (!equalBytes(logId, log.logId)) return 'it is of another log';
  return seq < log.baseSeq ? `the log begins behind seq ${log.baseSeq}` : undefined;
}

/** The state of one file, or why it is of no use. A newer format is nothing to be passed over. */
function fromCheckpoint(
  env: Env,
  file: string,
  { limits, projections }: StartOptions,
  { isBase }: { readonly isBase: boolean },
): Omit<StartPoint, 'from'> | string {
  const replica = new Replica(env, limits, projections);
  const { origins, storage } = replica;
  const loaded = loadCheckpoint(env, file, storage, { origins });
  if (!loaded.ok) {
    if (loaded.error.code === 'upgrade_needed') throw loaded.error;
    return loaded.error.message;
  }
  const { header, sections } = loaded.value;
  const { worldId, logId, seq, digest } = header;
  try {
    replica.load(sections);
  } catch (error) {
    if (error instanceof MalformedBytes || error instanceof NeedsNewerLevel) return error.message;
    throw error;
  }
  const isWhole = replica.projections.begin({ seq, sections, storage, isBase });
  return isWhole ? { replica, place: { worldId, logId, seq, digest } } : 'it lacks a projection';
}

function noLog(directory: string): AdastraError {
  return new AdastraError('not_initialized', `there is no log to follow in ${directory}`, {
    hint: 'name the directory of a node: adastra init makes one',
    details: { directory },
  });
}

function noCheckpoint(
  directory: string,
  baseSeq: number,
  rejected: readonly Rejected[],
): AdastraError {
  return new AdastraError(
    'checkpoint_damaged',
    `the log in ${directory} begins behind seq ${baseSeq} and no checkpoint is usable`,
    {
      hint: 'write one there with adastra checkpoint; the follower then begins from it',
      details: { directory, baseSeq, rejected },
    },
  );
}
