/**
 * Makes the first segment of a new log: of a new world (`firstSeq` 1, no digest before it) or of a
 * node that starts over behind a snapshot (`firstSeq` and digest of the base). The directory around
 * it is the caller's to put in place as a whole.
 */
import { AdastraError } from '../core/index.ts';
import { err, ok, type Result } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { DIGEST_BYTES, segmentName } from './format.ts';
import { diskError } from './log-error.ts';
import { guardDisk, logPaths, placeFile, writeAll } from './log-files.ts';
import { encodeSegmentHeader } from './segment-header.ts';

export interface NewLog {
  readonly worldId: Uint8Array;
  /** 16 random bytes, never used for another log. */
  readonly logId: Uint8Array;
  readonly term: number;
  /** The seq of the first commit; default 1. */
  readonly firstSeq?: number;
  /** Digest of the batch before it; default zeros. */
  readonly previousDigest?: Uint8Array;
  /** The store's vector at its start; default empty. */
  readonly vector?: Uint8Array;
}

/**
 * Makes `<directory>/log/00000001.log`, durable when this returns; `already_exists` if it is there.
 */
export function createLog(env: Env, directory: string, log: NewLog): Result<void, AdastraError> {
  const paths = logPaths(env, directory);
  const firstSeq = log.firstSeq ?? 1;
  const bytes = encodeSegmentHeader(env.crypto, {
    worldId: log.worldId,
    logId: log.logId,
    segment: 1,
    term: log.term,
    firstSeq,
    syncedThrough: firstSeq - 1,
    previousDigest: log.previousDigest ?? new Uint8Array(DIGEST_BYTES),
    vector: log.vector ?? new Uint8Array(0),
  });
  return guardDisk('cannot make the log', paths.log, () => {
    if (env.fs.stat(paths.log) === undefined) {
      env.fs.makeDirectory(paths.log);
      env.fs.syncDirectory(paths.data);
    } else if (env.fs.stat(env.fs.resolve(paths.log, segmentName(1))) !== undefined) {
      return err(existsError(paths.log));
    }
    const failure = placeFile(env.fs, paths.log, segmentName(1), (file) => {
      writeAll(file, bytes, bytes.length, 0);
    });
    if (failure === undefined) return ok(undefined);
    return err(diskError(failure.cause, 'cannot make the log', paths.log));
  });
}

function existsError(path: string): AdastraError {
  return new AdastraError('already_exists', `there is a log in ${path}`, { details: { path } });
}
