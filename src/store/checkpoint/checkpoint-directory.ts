/**
 * The directory of checkpoints: which there are, and which may go. It looks at names only; whether
 * a file is whole is found out by who reads it. Nothing here may run while a checkpoint is written:
 * what an interrupted writer left is told from what a running one has by that alone.
 */
import { assert } from '../../core/index.ts';
import { type Env, errorCode } from '../../env/index.ts';
import { diskFault } from './checkpoint-fault.ts';
import { ASIDE, checkpointSeq, isUnfinishedName } from './format.ts';
import type { Slices } from './slices.ts';

/** A checkpoint by its name. */
export interface ListedCheckpoint {
  readonly seq: number;
  /** The whole path. */
  readonly file: string;
}

/** What `dropCheckpoints` leaves. */
export interface KeepCheckpoints {
  /** How many of the newest; at least 1. */
  readonly keep: number;
  /** And these, however old: the base, whatever a follower still reads. */
  readonly keepSeqs: readonly number[];
}

const SHRINK_BYTES = 16 * 1024 * 1024;

/** All checkpoints, newest first; none where there is no directory. Throws `io_error`. */
export function listCheckpoints(env: Pick<Env, 'fs'>, directory: string): ListedCheckpoint[] {
  const found: ListedCheckpoint[] = [];
  for (const name of namesIn(env, directory)) {
    const seq = checkpointSeq(name);
    if (seq !== undefined) found.push({ seq, file: env.fs.resolve(directory, name) });
  }
  return found.sort((left, right) => right.seq - left.seq);
}

/**
 * Removes all but the newest `keep`, those of `keepSeqs` and what has other names; and what writers
 * left unfinished. Returns the paths removed. Throws `io_error`. Removing a large file takes a file
 * system its time (28 ms for 154 MB on ext4): `dropInSlices` leaves the event loop turns meanwhile.
 */
export function dropCheckpoints(
  env: Pick<Env, 'fs'>,
  directory: string,
  keepers: KeepCheckpoints,
): string[] {
  const work = dropInSlices(env, directory, keepers);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** The same in slices. One that is given up, or cut off, is finished by the next. */
export function* dropInSlices(
  env: Pick<Env, 'fs'>,
  directory: string,
  { keep, keepSeqs }: KeepCheckpoints,
): Slices<string[]> {
  assert(keep >= 1, 'the newest checkpoint stays');
  try {
    const old = listCheckpoints(env, directory).slice(keep);
    const dropped = old.filter(({ seq }) => !keepSeqs.includes(seq)).map(({ file }) => file);
    // First the names, for good: no file of the right name is ever less than whole.
    for (const file of dropped) env.fs.rename(file, `${file}${ASIDE}`);
    if (dropped.length > 0) env.fs.syncDirectory(directory);
    for (const name of namesIn(env, directory).filter(isUnfinishedName)) {
      const aside = env.fs.resolve(directory, name);
      const file = aside.slice(0, -ASIDE.length);
      if (!dropped.includes(file)) dropped.push(aside);
      yield* shrink(env, aside);
      env.fs.removeFile(aside);
    }
    return dropped;
  } catch (error) {
    throw diskFault(error, directory);
  }
}

function* shrink(env: Pick<Env, 'fs'>, path: string): Slices<void> {
  const file = env.fs.open(path, 'readWrite');
  try {
    for (let rest = file.stat().sizeBytes - SHRINK_BYTES; rest > 0; rest -= SHRINK_BYTES) {
      file.truncate(rest);
      yield;
    }
  } finally {
    file.close();
  }
}

function namesIn(env: Pick<Env, 'fs'>, directory: string): string[] {
  try {
    return env.fs.list(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw diskFault(error, directory);
  }
}
