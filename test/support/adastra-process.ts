/**
 * The built program as a process of its own: what only a real one shows (exit codes, signals,
 * locks, pipes). `npm test` builds it; by hand: `npm run build`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './repository.ts';

/** The script behind the bin `adastra`. */
export const ADASTRA: string = join(ROOT, 'dist/cli/main.js');

export interface ProcessResult {
  /** `null` where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** A process that is running. */
export interface RunningAdastra {
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessResult>;
  /** Resolves when `words` stand in stdout or stderr. */
  see(words: string): Promise<void>;
}

/** Starts `adastra` with these arguments in `cwd`; `program`: another copy of its script. */
export function startAdastra(
  cwd: string,
  argv: readonly string[],
  { program = ADASTRA }: { readonly program?: string } = {},
): RunningAdastra {
  const { ADASTRA_DATA: _data, ...env } = process.env;
  const child = spawn(process.execPath, [program, ...argv], {
    cwd,
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  const wakes = new Set<() => void>();
  const take = (name: 'out' | 'err') => (block: string) => {
    text[name] += block;
    for (const wake of wakes) wake();
  };
  child.stdout.setEncoding('utf8').on('data', take('out'));
  child.stderr.setEncoding('utf8').on('data', take('err'));
  const ended = new Promise<ProcessResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...text }));
  });
  const see = (words: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!text.out.includes(words) && !text.err.includes(words)) return;
        wakes.delete(look);
        resolve();
      };
      wakes.add(look);
      look();
      void ended.then(() => reject(new Error(`ended before ${words}: ${text.out}${text.err}`)));
    });
  return { child, ended, see };
}

/** Runs `adastra` to its end. */
export function runAdastra(cwd: string, argv: readonly string[]): Promise<ProcessResult> {
  return startAdastra(cwd, argv).ended;
}
