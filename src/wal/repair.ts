/**
 * Giving up what cannot be read, by explicit command only: everything from the first bad batch on goes
 * to `aside/`, the log ends with the last good one. It never splices: a batch behind a bad one is not
 * kept in the log, because commits between would be missing without a trace. What was set aside stays
 * for whoever wants to look.
 */
import { AdastraError } from '../core/index.ts';
import { err, ok, type Result } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { copySegment, removeSegmentsAfter, type SetAside, setAside } from './cut.ts';
import { guardDisk, logPaths } from './log-files.ts';
import type { SegmentEntry } from './log-index.ts';
import { type BadPlace, scanLog } from './log-scan.ts';
import { type LogOptions, resolveLogOptions } from './options.ts';

export interface RepairOptions {
  readonly worldId?: Uint8Array;
  readonly options?: LogOptions;
}

/** What was given up. */
export interface RepairReport {
  readonly bad: BadPlace;
  readonly lastGoodSeq: number;
  /** Commits known to have existed behind it; `undefined` when there is no trace of any. */
  readonly lost: { readonly fromSeq: number; readonly throughSeq: number } | undefined;
  readonly setAside: readonly SetAside[];
  readonly bytes: number;
}

/**
 * Cuts the log in `<directory>/log` in front of its first bad batch; the caller holds the lock. Errors:
 * `condition_failed` when nothing is wrong, `log_damaged` when not even the first header can be read,
 * and those of opening.
 */
export function repairLog(
  env: Env,
  directory: string,
  options: RepairOptions = {},
): Result<RepairReport, AdastraError> {
  const paths = logPaths(env, directory);
  return guardDisk('cannot repair the log', paths.log, () => {
    const scanned = scanLog(env, {
      paths,
      options: resolveLogOptions(options.options),
      fromSeq: 0,
      checkDigests: true,
      ...(options.worldId === undefined ? {} : { worldId: options.worldId }),
    });
    if (!scanned.ok) return scanned;
    const { bad, chain, entries, segments, lastSeqSeen } = scanned.value;
    if (bad === undefined) return err(nothingWrong(directory));
    const files = setAside(env, paths, bad, segments, 'damaged');
    const last = entries.at(-1) as SegmentEntry;
    removeSegmentsAfter(env, paths, last.number, segments);
    copySegment(env, paths, last);
    const lastGoodSeq = chain.headSeq;
    const throughSeq = Math.max(chain.mark, lastSeqSeen);
    const lost = throughSeq > lastGoodSeq ? { fromSeq: lastGoodSeq + 1, throughSeq } : undefined;
    const bytes = files.reduce((sum, piece) => sum + piece.bytes, 0);
    return ok({ bad, lastGoodSeq, lost, setAside: files, bytes });
  });
}

function nothingWrong(directory: string): AdastraError {
  return new AdastraError('condition_failed', `nothing is wrong with the log in ${directory}`, {
    hint: 'Nothing was changed. Look closer with: adastra log verify',
  });
}
