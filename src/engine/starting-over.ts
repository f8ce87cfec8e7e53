/**
 * Starting over behind a checkpoint, the steps on disk. A new log is made beside the old one and is
 * whole and synced before anything is moved; then the old one goes to `aside/` and the new one
 * takes its name. Whenever the power goes, one of these is found:
 *
 *     log (the old one), perhaps leftovers     nothing has happened yet: repair begins again
 *     log-repaired and repair.json, no log     `finishRepair` goes on, here or at the next opening
 *     log (the new one) and repair.json        the same: only the plan is still to be removed
 */
import { AdastraError } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { logDirectory, makeDirectories, placeFile, readFile, removeTree } from './directory.ts';
import type { RepairReport } from './repair-report.ts';
import { type AsideMove, makeAside, moveAside } from './set-aside.ts';

const BUILDING = 'repairing';
const READY = 'log-repaired';
const PLAN = 'repair.json';

/** What is to be done once the new log is whole. */
export interface RepairPlan {
  readonly oldLog: AsideMove;
  readonly checkpoints: readonly AsideMove[];
  /** Files that were built with the new log and go into the directory before it gets its name. */
  readonly arrivals?: readonly Arrival[];
  /** `undefined` where the log was sound and started over for another reason. */
  readonly report?: RepairReport;
}

/** Names: `from` below the building directory, `to` below the data directory. */
export interface Arrival {
  readonly from: string;
  readonly to: string;
}

/** Whether a repair was cut off at the point where `log` has no name. */
export function isRepairUnfinished(env: Env, dataDir: string): boolean {
  const { fs } = env;
  if (fs.stat(logDirectory(env, dataDir)) !== undefined) return false;
  return fs.stat(fs.resolve(dataDir, READY)) !== undefined;
}

/** For whoever cannot go on with it, not having the lock. */
export function unfinishedError(dataDir: string): AdastraError {
  return new AdastraError('log_damaged', `a repair of ${dataDir} was interrupted`, {
    hint: 'open it for writing once, or go on with: adastra log repair',
    details: { path: dataDir, repair: `adastra log repair --data ${dataDir}` },
  });
}

/** An empty directory to build the new log in; what an attempt before left is gone. */
export function makeBuildingDirectory(env: Env, dataDir: string): string {
  const { fs } = env;
  for (const name of [PLAN, READY, BUILDING]) {
    const path = fs.resolve(dataDir, name);
    if (fs.stat(path) === undefined) continue;
    removeTree(env, path);
    fs.syncDirectory(dataDir);
  }
  const building = fs.resolve(dataDir, BUILDING);
  fs.makeDirectory(building);
  fs.syncDirectory(dataDir);
  return building;
}

/** Puts the log that was built in place of the old one. */
export function startOver(env: Env, dataDir: string, plan: RepairPlan): void {
  const { fs } = env;
  const building = fs.resolve(dataDir, BUILDING);
  makeAside(env, dataDir);
  fs.rename(fs.resolve(building, 'log'), fs.resolve(dataDir, READY));
  fs.syncDirectory(dataDir);
  fs.syncDirectory(building);
  const text = `${JSON.stringify({ format: 1, ...plan })}\n`;
  placeFile(env, dataDir, PLAN, new TextEncoder().encode(text));
  moveAside(env, dataDir, [plan.oldLog]);
  finishRepair(env, dataDir);
}

/**
 * Goes on with a repair that was cut off after its new log was whole; the caller holds the lock.
 * The report, or `undefined` where there is nothing to go on with. Throws what the disk says.
 */
export function finishRepair(env: Env, dataDir: string): RepairReport | undefined {
  const { fs } = env;
  const log = logDirectory(env, dataDir);
  const ready = fs.resolve(dataDir, READY);
  const planFile = fs.resolve(dataDir, PLAN);
  const isReady = fs.stat(ready) !== undefined;
  if (fs.stat(planFile) === undefined) return undefined;
  // The old log still stands: nothing has taken effect, and it is looked at anew.
  if (isReady && fs.stat(log) !== undefined) return undefined;
  const plan = JSON.parse(new TextDecoder().decode(readFile(env, planFile))) as RepairPlan;
  // Before the log has its name, so that whoever finds it finds all that belongs to it.
  if (isReady) {
    moveAside(env, dataDir, plan.checkpoints);
    for (const arrival of plan.arrivals ?? []) arrive(env, dataDir, arrival);
    removeTree(env, fs.resolve(dataDir, BUILDING));
    fs.rename(ready, log);
  }
  fs.syncDirectory(dataDir);
  fs.removeFile(planFile);
  fs.syncDirectory(dataDir);
  return plan.report;
}

/** Moves one, durable when this returns; what has arrived already is passed over. */
function arrive(env: Env, dataDir: string, { from, to }: Arrival): void {
  const { fs } = env;
  const source = fs.resolve(dataDir, BUILDING, from);
  if (fs.stat(source) === undefined) return;
  const target = fs.resolve(dataDir, to);
  makeDirectories(env, fs.resolve(target, '..'));
  fs.rename(source, target);
  // A crash between the two syncs can leave both names of one file: a rename then does nothing.
  if (fs.stat(source) !== undefined) fs.removeFile(source);
  fs.syncDirectory(fs.resolve(target, '..'));
  fs.syncDirectory(fs.resolve(source, '..'));
}
