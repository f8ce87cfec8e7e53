/**
 * A disk that fails while the node runs: one fault at one place of the workload, then the disk is
 * well again. What must hold: typed outcomes, reads that go on, and after a restart exactly what
 * the outcomes said.
 */
import type { DiskOperation, Fault, MemoryFileSystem } from '../../src/env/memory/index.ts';
import { MemoryFileSystem as Disk } from '../../src/env/memory/index.ts';
import { checkCrash } from './crash-check.ts';
import { Run } from './run.ts';
import type { Scenario } from './scenario.ts';
import { workload } from './workload.ts';

/** Decides, operation by operation, what goes wrong. */
export type Trouble = (operation: DiskOperation) => Fault | undefined;

/** What a day with trouble was like. */
export interface TroubledDay {
  readonly run: Run;
  readonly violations: string[];
  /** Whether the fault happened at all. */
  readonly happened: boolean;
}

/** The workload with this trouble; where the node could not be opened, it is opened again later. */
export async function troubledDay(scenario: Scenario, trouble: Trouble): Promise<TroubledDay> {
  const fs: MemoryFileSystem = new Disk();
  const run = new Run(fs, scenario);
  let happened = false;
  fs.setOnOperation((operation) => {
    const fault = trouble(operation);
    happened ||= fault !== undefined;
    return fault;
  });
  try {
    await workload(run);
  } catch (error) {
    run.judge(error);
  }
  fs.setOnOperation(undefined);
  run.look();
  return { run, happened, violations: run.history.violations };
}

/** What is wrong after the node was killed, and after it lost power, on that day's disk. */
export async function afterwards({ run, violations }: TroubledDay): Promise<string[]> {
  const { history, fs, scenario } = run;
  const found = [...violations];
  for (const mode of ['kill', 'lose-unsynced'] as const) {
    const disk = fs.crash({ mode });
    const texts = await checkCrash(history, { fs: disk, mode, scenario });
    found.push(...texts.map((text) => `${text} (${mode})`));
  }
  return found;
}

/** The trouble comes with the n-th operation of this kind, and stays for `times` of them. */
export function atThe(
  number: number,
  kind: DiskOperation['kind'],
  fault: Fault,
  times = 1,
): Trouble {
  let seen = 0;
  return (operation) => {
    if (operation.kind !== kind) return undefined;
    const at = seen++;
    return at >= number && at < number + times ? fault : undefined;
  };
}
