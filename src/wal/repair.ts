/**
 * Giving up what cannot be read, by explicit command only. `inspectLog` says how a log stands,
 * digests recomputed; `cutLog` sets everything from the first bad batch on aside, and the log ends
 * with the last good one. It never splices: a batch behind a bad one is not kept in the log,
 * because commits between would be missing without a trace. What was set aside stays for whoever
 * wants to look. Starting over behind a checkpoint is composed of this and `salvage.ts` by the
 * engine.
 */
import { AdastraError } from '../core/index.ts';
import { err, ok, type Result } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { copySegment, removeSegmentsAfter, type SetAside, setAside } from './cut.ts';
import { segmentName } from './format.ts';
import { guardDisk, logPaths } from './log-files.ts';
import type { SegmentEntry } from './log-index.ts';
import { type BadPlace, type LogScan, scanLog } from './log-scan.ts';
import { type LogOptions, resolveLogOptions } from './options.ts';

export interface RepairOptions {
  readonly worldId?: Uint8Array;
  /** A seq known to have been synced, from a checkpoint: a log that ends before it is damaged. */
  readonly witnessSeq?: number;
  readonly options?: LogOptions;
}

/** How a log stands; `bad` is where reading has to stop, torn or damaged. */
export interface LogInspection {
  readonly worldId: Uint8Array;
  readonly logId: Uint8Array;
  /** The seq before the first commit that is still here. */
  readonly baseSeq: number;
  readonly lastGoodSeq: number;
  /** The greatest seq of which there is a trace. */
  readonly throughSeq: number;
  readonly bad:
    | { readonly file: string; readonly offset: number; readonly reason: string }
    | undefined;
  /** The walk behind it, for `cutLog`. */
  readonly scan: LogScan;
}

/** What was given up by cutting. */
export interface LogCut {
  readonly bad: BadPlace;
  readonly lastGoodSeq: number;
  /** Commits known to have existed behind it; `undefined` when there is no trace of any. */
  readonly lost: { readonly fromSeq: number; readonly throughSeq: number } | undefined;
  readonly setAside: readonly SetAside[];
  readonly bytes: number;
}

/**
 * Reads the whole log, changes nothing. Errors: those of opening, `log_damaged` without any header.
 */
export function inspectLog(
  env: Env,
  directory: string,
  options: RepairOptions = {},
): Result<LogInspection, AdastraError> {
  const paths = logPaths(env, directory);
  return guardDisk('cannot read the log', paths.log, () => {
    const { worldId, witnessSeq } = options;
    const scanned = scanLog(env, {
      paths,
      options: resolveLogOptions(options.options),
      fromSeq: 0,
      checkDigests: true,
      ...(worldId === undefined ? {} : { worldId }),
      ...(witnessSeq === undefined ? {} : { witnessSeq }),
    });
    if (!scanned.ok) return scanned;
    const scan = scanned.value;
    const { chain, bad, damage, start } = scan;
    return ok({
      worldId: scan.worldId,
      logId: scan.logId,
      baseSeq: start.firstSeq - 1,
      lastGoodSeq: chain.headSeq,
      throughSeq: Math.max(chain.mark, scan.lastSeqSeen),
      bad: bad === undefined ? damage : { file: segmentName(bad.segment), ...placeOf(bad) },
      scan,
    });
  });
}

function placeOf({ offset, reason }: BadPlace): { offset: number; reason: string } {
  return { offset, reason };
}

/** Cuts an inspected log in front of its first bad batch; nothing to cut, nothing done. */
export function cutLog(
  env: Env,
  directory: string,
  { scan }: LogInspection,
): Result<readonly SetAside[], AdastraError> {
  const paths = logPaths(env, directory);
  return guardDisk('cannot repair the log', paths.log, () => {
    const { bad, segments, entries } = scan;
    if (bad === undefined) return ok([]);
    const files = setAside(env, paths, bad, segments, 'damaged');
    const last = entries.at(-1) as SegmentEntry;
    removeSegmentsAfter(env, paths, last.number, segments);
    copySegment(env, paths, last);
    return ok(files);
  });
}

/**
 * Cuts the log in `<directory>/log` in front of its first bad batch; the caller holds the lock.
 * Errors:
 * `condition_failed` when nothing is wrong, `log_damaged` when not even the first header can be
 * read, and those of opening.
 */
export function repairLog(
  env: Env,
  directory: string,
  options: RepairOptions = {},
): Result<LogCut, AdastraError> {
  const inspected = inspectLog(env, directory, options);
  if (!inspected.ok) return inspected;
  const { scan, lastGoodSeq, throughSeq } = inspected.value;
  if (scan.bad === undefined) return err(nothingWrong(directory));
  const cut = cutLog(env, directory, inspected.value);
  if (!cut.ok) return cut;
  const lost = throughSeq > lastGoodSeq ? { fromSeq: lastGoodSeq + 1, throughSeq } : undefined;
  const bytes = cut.value.reduce((sum, piece) => sum + piece.bytes, 0);
  return ok({ bad: scan.bad, lastGoodSeq, lost, setAside: cut.value, bytes });
}

function nothingWrong(directory: string): AdastraError {
  return new AdastraError('condition_failed', `nothing is wrong with the log in ${directory}`, {
    hint: 'Nothing was changed. Look closer with: adastra log verify',
  });
}
