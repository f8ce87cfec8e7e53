/**
 * Repairing a damaged directory, by explicit command only. What is kept is what can be proved: the
 * log before its first bad place, or, where a verified checkpoint stands behind that place, the
 * checkpoint's state and on top of it, as after a snapshot, the commits that its vector lacks and
 * that can still be read, unchanged. Nothing is deleted: what is given up lies in `aside/`, and the
 * report says which commits are lost. Of several sources the one is chosen that loses least, then
 * the one that keeps most of the history.
 */
import { AdastraError } from '../core/index.ts';
import { type Env, errorCode } from '../env/index.ts';
import {
  identifyLog,
  inspectLog,
  cutLog,
  type LogIdentity,
  type LogInspection,
  type LogOptions,
} from '../wal/index.ts';
import {
  type BadCheckpoint,
  type GoodCheckpoint,
  inspectCheckpoints,
  placeCheckpoints,
} from './checkpoint-inspection.ts';
import { diskError } from './directory.ts';
import { takeLock } from './lock.ts';
import { buildNewLog, surveyBehind } from './new-log.ts';
import type { RepairReport } from './repair-report.ts';
import { type AsideMove, moveAside, planMove } from './set-aside.ts';
import { finishRepair, makeBuildingDirectory, startOver } from './starting-over.ts';

export interface RepairSettings {
  readonly log?: LogOptions;
}

/** Everything that was found out before anything is changed. */
interface Findings {
  readonly identity: LogIdentity;
  /** `undefined` where not even the first header can be read. */
  readonly log: LogInspection | undefined;
  readonly bad: { readonly file: string; readonly offset: number; readonly reason: string };
  readonly term: number;
  readonly good: readonly GoodCheckpoint[];
  readonly badCheckpoints: readonly BadCheckpoint[];
}

/**
 * Repairs what is damaged; takes the lock. Errors: `condition_failed` when nothing is wrong,
 * `log_damaged` and `checkpoint_damaged` when nothing of it can be started from (nothing was
 * changed then), `locked`, those of the disk.
 */
export async function repairDirectory(
  env: Env,
  dataDir: string,
  settings: RepairSettings = {},
): Promise<RepairReport> {
  const path = env.fs.resolve(dataDir);
  const lock = await takeLock(env, path);
  try {
    return finishRepair(env, path) ?? (await repair(env, path, settings));
  } catch (error) {
    if (AdastraError.is(error) || errorCode(error) === undefined) throw error;
    throw diskError(error, `cannot repair ${path}`);
  } finally {
    lock.release();
  }
}

async function repair(env: Env, dataDir: string, settings: RepairSettings): Promise<RepairReport> {
  const findings = await find(env, dataDir);
  const { log, good } = findings;
  if (log !== undefined && log.bad === undefined) return repairCheckpoints(env, dataDir, findings);
  const lastGoodSeq = log?.lastGoodSeq ?? 0;
  const behind = good.filter(({ seq }) => log === undefined || seq > lastGoodSeq);
  if (behind.length > 0) return repairFrom(env, dataDir, findings, { behind, settings });
  if (log === undefined) throw nothingUsable(dataDir, findings.bad);
  return repairPrefix(env, dataDir, { ...findings, log });
}

/** Looks at everything, changes nothing. */
async function find(env: Env, dataDir: string): Promise<Findings> {
  const inspected = await inspectCheckpoints(env, dataDir);
  const identity = identifyLog(env, dataDir) ?? inspected.good[0]?.header;
  const first = inspectLog(env, dataDir);
  if (identity === undefined) throw first.ok ? nothingWrong(dataDir) : first.error;
  const { good, bad: badCheckpoints, term } = placeCheckpoints(env, dataDir, identity, inspected);
  if (!first.ok) {
    const bad = badStart(first.error);
    return { identity, log: undefined, bad, term, good, badCheckpoints };
  }
  // A checkpoint proves how far the log had been synced.
  const witnessSeq = Math.max(0, ...good.map(({ seq }) => seq));
  const second = witnessSeq === 0 ? first : inspectLog(env, dataDir, { witnessSeq });
  if (!second.ok) throw second.error;
  const log = second.value;
  const bad = log.bad ?? badCheckpoints.map(placeOfCheckpoint)[0];
  if (bad === undefined) throw nothingWrong(dataDir);
  return { identity, log, bad, term, good, badCheckpoints };
}

/** The damage where the log cannot even begin; other errors are thrown. */
function badStart(error: AdastraError): Findings['bad'] {
  if (error.code === 'not_initialized') {
    return { file: 'log', offset: 0, reason: 'there is no segment' };
  }
  if (error.code !== 'log_damaged') throw error;
  const { file, offset, reason } = error.details;
  return { file: String(file), offset: Number(offset), reason: String(reason) };
}

function placeOfCheckpoint({ file, offset, reason }: BadCheckpoint): Findings['bad'] {
  return { file: `checkpoints/${baseName(file)}`, offset, reason };
}

/** The log is whole. */
function repairCheckpoints(env: Env, dataDir: string, findings: Findings): RepairReport {
  const { bad, badCheckpoints } = findings;
  const { baseSeq, lastGoodSeq } = findings.log as LogInspection;
  if (!canOpen(findings, lastGoodSeq)) throw noStart(dataDir, baseSeq, badCheckpoints);
  const moves = planCheckpoints(env, dataDir, badCheckpoints);
  moveAside(env, dataDir, moves);
  return {
    source: 'checkpoints-only',
    bad,
    lastGoodSeq,
    baseSeq,
    headSeq: lastGoodSeq,
    keptCommits: lastGoodSeq - baseSeq,
    lost: undefined,
    lostCommits: 0,
    ...setAsideOf(env, dataDir, moves),
  };
}

/** The log ends before its first bad place. */
function repairPrefix(
  env: Env,
  dataDir: string,
  findings: Findings & { readonly log: LogInspection },
): RepairReport {
  const { log, bad, badCheckpoints } = findings;
  const { baseSeq, lastGoodSeq, throughSeq } = log;
  if (!canOpen(findings, lastGoodSeq)) throw noStart(dataDir, baseSeq, badCheckpoints);
  const moves = planCheckpoints(env, dataDir, badCheckpoints);
  // Checkpoints first: one that stays above the end of the log would witness damage again.
  moveAside(env, dataDir, moves);
  const cut = cutLog(env, dataDir, log);
  if (!cut.ok) throw cut.error;
  const commits = throughSeq - lastGoodSeq;
  const aside = setAsideOf(env, dataDir, moves);
  const setAside = [...cut.value, ...aside.setAside];
  return {
    source: 'prefix',
    bad,
    lastGoodSeq,
    baseSeq,
    headSeq: lastGoodSeq,
    keptCommits: lastGoodSeq - baseSeq,
    lost: commits > 0 ? { fromSeq: lastGoodSeq + 1, throughSeq } : undefined,
    lostCommits: commits,
    setAside,
    bytes: setAside.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/**
 * A new log behind the checkpoint that loses least; of equals the oldest, which keeps most history.
 */
function repairFrom(
  env: Env,
  dataDir: string,
  findings: Findings,
  { behind, settings }: { behind: readonly GoodCheckpoint[]; settings: RepairSettings },
): RepairReport {
  const { identity, log, bad, term, good, badCheckpoints } = findings;
  const throughSeq = Math.max(log?.throughSeq ?? 0, ...behind.map(({ seq }) => seq));
  const lossOf = (from: GoodCheckpoint): number =>
    surveyBehind(env, dataDir, identity, from).lost(throughSeq).lostCommits;
  const ranked = behind.map((from) => ({ from, loss: lossOf(from) }));
  ranked.sort((left, right) => left.loss - right.loss || left.from.seq - right.from.seq);
  const { from } = ranked[0] as { from: GoodCheckpoint };
  const building = makeBuildingDirectory(env, dataDir);
  const newer = good.filter(({ seq }) => seq > from.seq);
  const source = { identity, from, newer, term, options: settings.log };
  const { kept, fitting } = buildNewLog(env, dataDir, building, source);
  // Older ones are of no use to a log that begins behind them.
  const useless = good.filter((one) => one !== from && !fitting.includes(one));
  const checkpoints = planCheckpoints(env, dataDir, [...badCheckpoints, ...useless]);
  const oldLog = planMove(env, dataDir, 'log', freeLogName(env, dataDir));
  const report: RepairReport = {
    source: 'checkpoint',
    bad,
    lastGoodSeq: log?.lastGoodSeq ?? 0,
    baseSeq: from.seq,
    headSeq: kept.headSeq,
    keptCommits: kept.keptCommits,
    ...kept.lost(throughSeq),
    ...setAsideOf(env, dataDir, [oldLog, ...checkpoints]),
  };
  startOver(env, dataDir, { oldLog, checkpoints, report });
  return report;
}

/**
 * Whether there is a state to open with: the log from its very beginning, or a checkpoint within.
 */
function canOpen({ log, good }: Findings, headSeq: number): boolean {
  const baseSeq = log?.baseSeq ?? 0;
  return baseSeq === 0 || good.some(({ seq }) => seq >= baseSeq && seq <= headSeq);
}

function planCheckpoints(
  env: Env,
  dataDir: string,
  files: readonly { readonly file: string }[],
): AsideMove[] {
  return files.map(({ file }) => {
    const name = baseName(file);
    return planMove(env, dataDir, `checkpoints/${name}`, name);
  });
}

function freeLogName(env: Env, dataDir: string): string {
  let number = 1;
  while (env.fs.stat(env.fs.resolve(dataDir, 'aside', `log-${number}`)) !== undefined) number++;
  return `log-${number}`;
}

function setAsideOf(
  env: Env,
  dataDir: string,
  moves: readonly AsideMove[],
): Pick<RepairReport, 'setAside' | 'bytes'> {
  const setAside = moves.map(({ to, bytes }) => ({ file: env.fs.resolve(dataDir, to), bytes }));
  return { setAside, bytes: setAside.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Paths come from `resolve`, which on Windows separates otherwise. */
function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

function nothingWrong(dataDir: string): AdastraError {
  return new AdastraError('condition_failed', `nothing is wrong with the log in ${dataDir}`, {
    hint: 'Nothing was changed. Look closer with: adastra log verify',
  });
}

function nothingUsable(dataDir: string, bad: Findings['bad']): AdastraError {
  const message = `the log in ${dataDir} cannot be read from its beginning and no checkpoint is usable`;
  return new AdastraError('log_damaged', message, {
    hint: 'Nothing was changed. Restore a backup: adastra restore',
    details: { ...bad, path: dataDir },
  });
}

function noStart(
  dataDir: string,
  baseSeq: number,
  rejected: readonly BadCheckpoint[],
): AdastraError {
  const message = `the log in ${dataDir} begins behind seq ${baseSeq} and no checkpoint is usable`;
  return new AdastraError('checkpoint_damaged', message, {
    hint: 'Nothing was changed. Restore a backup: adastra restore',
    details: { path: dataDir, baseSeq, rejected },
  });
}
