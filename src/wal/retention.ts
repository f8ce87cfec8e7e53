/**
 * Removing old segments. Oldest first, each made durable before the next goes, so that a crash
 * leaves a log that begins later and never one with a gap. What may go is the caller's to know.
 */
import { errorCode, type FileSystem } from '../env/index.ts';
import type { DropOutcome } from './commit-log.ts';
import { diskError } from './log-error.ts';
import type { LogPaths } from './log-files.ts';
import type { SegmentEntry } from './log-index.ts';

/** Drops entries at the front of `entries` whose every commit is at or below `seq`. */
export function dropSegments(
  fs: FileSystem,
  paths: LogPaths,
  entries: SegmentEntry[],
  seq: number,
): DropOutcome {
  let removed = 0;
  while (entries.length > 1 && (entries[1] as SegmentEntry).firstSeq - 1 <= seq) {
    const { path } = entries[0] as SegmentEntry;
    try {
      fs.removeFile(path);
      entries.shift();
      removed++;
      fs.syncDirectory(paths.log);
    } catch (cause) {
      if (errorCode(cause) === undefined) throw cause;
      return { removed, error: diskError(cause, 'cannot remove an old segment', path) };
    }
  }
  return { removed, error: undefined };
}
