/**
 * Commands of a document that stay, such as `adastra start`: each runs in a shell of its own until
 * the test ends it, as in a terminal that the reader leaves open.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a node prints when it can be used. */
const READY = /^ready /m;
const READY_MS = 60_000;
const END_MS = 20_000;

export interface StayingShell {
  /** Kills whatever of it is left, and what it has started. */
  end(): Promise<void>;
}

/** Runs a script in `cwd` until it is ended; resolves when it has said that it is ready. */
export async function stay(
  cwd: string,
  script: string,
  readyMs: number = READY_MS,
): Promise<StayingShell> {
  const child = spawn('bash', ['-c', script], {
    cwd,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const take = (text: string): void => {
    output += text;
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const shell = { end: () => end(child, ended) };
  for (let left = readyMs; left > 0 && child.exitCode === null; left -= 50) {
    if (READY.test(output)) return shell;
    // oxlint-disable-next-line no-await-in-loop -- it looks until there is something to see
    await sleep(50);
  }
  await shell.end();
  throw new Error(`it is not ready:\n${output}`);
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  try {
    // The shell leads a group of its own: what it started goes with it.
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await Promise.race([ended, sleep(END_MS, undefined, { ref: false })]);
}
