/**
 * What can be wrong with a checkpoint, as errors that name file, offset and reason (INV-13), and
 * the one place where the errors of a disk become ours.
 */
import { AdastraError, MalformedBytes, err, ok, type Result } from '../../core/index.ts';
import { errorCode } from '../../env/index.ts';

/** `checkpoint_damaged` with file, offset (bytes from the start of the file) and reason. */
export function damaged(file: string, offset: number, reason: string): AdastraError {
  return new AdastraError(
    'checkpoint_damaged',
    `${file} is damaged at offset ${offset}: ${reason}`,
    {
      hint: 'an older checkpoint or the log takes its place; nothing of this one was used',
      details: { file, offset, reason },
    },
  );
}

/** `upgrade_needed`: the file is whole, but newer than this code. */
export function tooNew(file: string, format: number): AdastraError {
  return new AdastraError(
    'upgrade_needed',
    `${file} has format ${format}, which this version cannot read`,
    {
      hint: 'open it with the version of adastra-db that wrote it, or a later one',
      details: { file, format },
    },
  );
}

/** `disk_full` or `io_error` for what a port threw; errors of ours, and what is no disk's, stay. */
export function diskFault(error: unknown, file: string): unknown {
  const code = AdastraError.is(error) ? undefined : errorCode(error);
  if (code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AdastraError('disk_full', `no room for the checkpoint ${file}`, {
      hint: 'free some space; the checkpoint before this one still stands',
      details: { file, code },
      cause: error,
    });
  }
  const message = `the disk failed at the checkpoint ${file}: ${(error as Error).message}`;
  return new AdastraError('io_error', message, { details: { file, code }, cause: error });
}

/** Runs a reading of `file`; what is wrong with file or disk becomes the error of the result. */
export function attempt<T>(file: string, read: () => T): Result<T, AdastraError> {
  try {
    return ok(read());
  } catch (error) {
    return err(readingFault(error, file));
  }
}

/** The error to return for what a reading threw; throws on what is a fault of ours. */
export function readingFault(error: unknown, file: string): AdastraError {
  const fault =
    error instanceof MalformedBytes ? damaged(file, 0, error.message) : diskFault(error, file);
  if (!AdastraError.is(fault)) throw fault;
  return fault;
}
