/**
 * What the disk or the bytes on it can say, as `AdastraError`s: one place for codes, words, hints
 * and details, so that every part of the log reports the same thing the same way.
 */
import { hexOf } from '../core/index.ts';
import { AdastraError, type ErrorCode } from '../core/index.ts';
import { errorCode } from '../env/index.ts';

/** Where committed data cannot be read. */
export interface LogDamage {
  readonly file: string;
  /** Byte offset in that file. */
  readonly offset: number;
  readonly reason: string;
  /** The last commit before it. */
  readonly lastGoodSeq: number;
  /** The log is known to have been synced through this seq. */
  readonly markSeq: number;
}

const SPACE_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const PERMISSION_CODES: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);
const CODE_BY_DISK: ReadonlyMap<string, ErrorCode> = new Map([
  ['ENOENT', 'not_initialized'],
  ['ENOTDIR', 'not_a_directory'],
]);

/** The error for a failed call of the file system; `what` begins "cannot …". */
export function diskError(cause: unknown, what: string, path: string): AdastraError {
  const disk = errorCode(cause);
  const details = { path, disk };
  if (disk !== undefined && SPACE_CODES.has(disk)) {
    const hint = 'Free some space; the call can then be made again.';
    return new AdastraError('disk_full', `${what}: the disk is full`, { hint, details, cause });
  }
  if (disk !== undefined && PERMISSION_CODES.has(disk)) {
    const hint = 'Check the owner and the mode of the data directory.';
    return new AdastraError('permission_denied', `${what}: no permission`, {
      hint,
      details,
      cause,
    });
  }
  const code = CODE_BY_DISK.get(disk ?? '') ?? 'io_error';
  return new AdastraError(code, `${what}: ${disk ?? String(cause)}`, { details, cause });
}

export function damageError(directory: string, damage: LogDamage): AdastraError {
  const repair = `adastra log repair --data ${directory}`;
  return new AdastraError(
    'log_damaged',
    `the log is damaged in ${damage.file} at byte ${damage.offset}: ${damage.reason}`,
    {
      hint: `Everything up to seq ${damage.lastGoodSeq} can be read. Restore a backup, or give up the rest with: ${repair}`,
      details: { ...damage, repair },
    },
  );
}

export function upgradeError(file: string, offset: number): AdastraError {
  return new AdastraError('upgrade_needed', `${file} was written by a newer version`, {
    hint: 'Open it with that version or a later one; nothing was changed.',
    details: { file, offset },
  });
}

export function worldError(file: string, expected: Uint8Array, actual: Uint8Array): AdastraError {
  const details = { file, expected: hexOf(expected), actual: hexOf(actual) };
  return new AdastraError('world_mismatch', `${file} is the log of another world`, {
    hint: 'Check that the data directory is the one you mean.',
    details,
  });
}

export function notInitializedError(directory: string): AdastraError {
  return new AdastraError('not_initialized', `there is no log in ${directory}`, {
    hint: 'Make one with: adastra init',
    details: { directory },
  });
}

/** What an append gets after a flush failed or the log was fenced off. */
export function latchedError(reason: string, cause?: unknown): AdastraError {
  return new AdastraError('latched', `the log takes no more writes: ${reason}`, {
    hint: 'Open the node again; it will find out what was written.',
    details: { reason },
    cause,
  });
}

/** What a waiting commit gets when its flush failed. */
export function unknownError(reason: string, cause: unknown): AdastraError {
  return new AdastraError('unknown_outcome', `it is not known whether this is on disk: ${reason}`, {
    hint: 'Open the node again; the commit may or may not be there.',
    details: { reason, disk: errorCode(cause) },
    cause,
  });
}

export function closedError(): AdastraError {
  return new AdastraError('closed', 'the log is closed');
}

export function tooLargeError(bytes: number, limit: number): AdastraError {
  const message = `a batch of ${bytes} bytes is above the limit of ${limit}`;
  return new AdastraError('limit_exceeded', message, { details: { bytes, limit } });
}
