/**
 * The suite: the workload on a disk that freezes after operation N, the crash in some way, the
 * check. Every violation carries the line that runs its case again alone.
 */
import { Prng } from '../../src/core/index.ts';
import { type CrashMode, MemoryFileSystem } from '../../src/env/memory/index.ts';
import { checkCrash, type Crashed } from './crash-check.ts';
import { FOUNDING } from './history.ts';
import { environment, openNode, type Scenario } from './scenario.ts';
import { Run } from './run.ts';
import { workload } from './workload.ts';

/** One crash: after how many operations, and what it leaves of what was not synced. */
export interface Cut {
  readonly after: number;
  readonly mode: CrashMode;
  readonly seed: number;
  /** Then the reopening loses power too, after so many operations. */
  readonly recoveryAfter?: number | undefined;
  /** How the second crash goes. */
  readonly then?: CrashMode | undefined;
}

/** The modes, with how many seeds the random ones get. */
export function cutsAfter(after: number, seeds: number): Cut[] {
  const cuts: Cut[] = [
    { after, mode: 'lose-unsynced', seed: 0 },
    { after, mode: 'keep-all', seed: 0 },
    { after, mode: 'kill', seed: 0 },
  ];
  for (let seed = 1; seed <= seeds; seed++) {
    cuts.push({ after, mode: 'torn', seed }, { after, mode: 'torn-any', seed });
  }
  return cuts;
}

/** How many operations the whole workload makes; throws what is wrong without any crash. */
export async function countOperations(scenario: Scenario): Promise<number> {
  const run = await worked(scenario, Number.POSITIVE_INFINITY);
  if (run.history.violations.length > 0) throw new Error(run.history.violations.join('\n'));
  return run.fs.operationCount;
}

/** The workload up to operation `after`; then a last look at what readers see. */
export async function worked(scenario: Scenario, after: number): Promise<Run> {
  const fs = new MemoryFileSystem({ freezeAfter: after });
  const run = new Run(fs, scenario);
  if (after === Number.POSITIVE_INFINITY) fs.setOnOperation(() => void run.look());
  try {
    await workload(run);
  } catch (error) {
    if (!fs.isFrozen) throw error;
  }
  run.look();
  return run;
}

/** Runs the workload once and crashes it in each of these ways (all with the same `after`). */
export async function violationsOf(
  scenario: Scenario,
  after: number,
  cuts: readonly Cut[],
): Promise<string[]> {
  const { history, fs } = await worked(scenario, after);
  const found = history.violations.map((text) => caseLine(scenario, text, cuts[0] as Cut));
  for (const cut of cuts) {
    const violations = await checkCrash(history, await crashed(fs, scenario, cut));
    found.push(...violations.map((text) => caseLine(scenario, text, cut)));
  }
  return found;
}

/** The disk after the crash; and after a second one during recovery, where that is asked for. */
async function crashed(
  fs: MemoryFileSystem,
  scenario: Scenario,
  { mode, seed, after, recoveryAfter, then = mode }: Cut,
): Promise<Crashed> {
  const rng = new Prng(seed * 1009 + after);
  const endless = { freezeAfter: Number.POSITIVE_INFINITY };
  if (recoveryAfter === undefined) {
    return { fs: fs.crash({ mode, rng, fileSystem: endless }), mode, scenario };
  }
  const first = fs.crash({ mode, rng, fileSystem: { freezeAfter: recoveryAfter } });
  let shown: number | undefined;
  try {
    const engine = await openNode(environment(first, scenario.plant).env, scenario);
    shown = engine.seq - FOUNDING;
  } catch (error) {
    if (!first.isFrozen) throw error;
  }
  const disk = first.crash({ mode: then, rng: rng.fork(), fileSystem: endless });
  // What the first crash took with the power no kill gives back.
  const worst = mode === 'keep-all' || mode === 'kill' ? then : mode;
  return { fs: disk, mode: worst, scenario, shown };
}

/** What is wrong, and the command that shows it again. */
function caseLine(scenario: Scenario, text: string, cut: Cut): string {
  const { level, keep, plant } = scenario;
  const { after, mode, seed, recoveryAfter, then } = cut;
  const words = [level, after, mode, seed, keep ?? '-', recoveryAfter ?? '-', then ?? mode].join(
    ',',
  );
  const mutant = plant === undefined ? '' : ' (with the fault planted)';
  return `${text}\n  again: ADASTRA_CRASH=${words} npx vitest run test/crash/crash.test.ts${mutant}`;
}

/** The case that `ADASTRA_CRASH` names. */
export function caseOf(words: string): { scenario: Scenario; cut: Cut } {
  const [level, after, mode, seed, keep, recoveryAfter, then] = words.split(',');
  const number = (word: string | undefined): number | undefined =>
    word === undefined || word === '-' ? undefined : Number(word);
  return {
    scenario: { level: level as Scenario['level'], keep: number(keep) },
    cut: {
      after: Number(after),
      mode: mode as CrashMode,
      seed: Number(seed),
      recoveryAfter: number(recoveryAfter),
      then: then as CrashMode | undefined,
    },
  };
}
