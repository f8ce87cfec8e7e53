/**
 * Skipping for want of a system package, so that it is seen: the run's last lines print the command
 * that installs it. No other kind of skip is allowed in this repository (test/tidy holds it).
 */
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';

/** Skips the running test; `command` installs what it lacks, e.g. `apt-get install strace`. */
export function skipFor(context: TestContext, command: string): never {
  return context.skip(`needs: ${command}`);
}

/** Whether a program of this name can be started. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}
