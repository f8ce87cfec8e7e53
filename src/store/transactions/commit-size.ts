/**
 * How large a commit may be. It is measured before anything is gathered, by a bound that is quick
 * to take and never below the bytes that are written, so that no peer finds it larger than allowed.
 */
import { AdastraError, type CommitFields, type Limits } from '../../core/index.ts';

/** Throws `limit_exceeded` for a commit that may take more than the world allows. */
export function checkCommitSize(bytesMax: number, limits: Limits): void {
  if (bytesMax <= limits.commitBytesMax) return;
  throw new AdastraError(
    'limit_exceeded',
    `the commit takes up to ${bytesMax} bytes, the limit is ${limits.commitBytesMax}`,
    {
      hint: 'split it into several commits, or raise limits.commitBytesMax',
      details: { limitName: 'commitBytesMax', limit: limits.commitBytesMax, actual: bytesMax },
    },
  );
}

/** The most bytes that the optional fields of a commit take. */
export function fieldBytesMax(fields: CommitFields | undefined): number {
  if (fields === undefined) return 0;
  const { actor, reason, commandId, metadata, operations } = fields;
  const texts = (actor?.length ?? 0) + (reason?.length ?? 0) + (commandId?.length ?? 0);
  return 128 + texts * 3 + (metadata?.bytes.length ?? 0) + (operations?.length ?? 0) * 400;
}
