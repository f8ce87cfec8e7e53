/**
 * A folder of its own for each test of a file, in which `adastra` runs as processes; what stays is
 * killed at the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import {
  type ProcessResult,
  runAdastra,
  type RunningAdastra,
  startAdastra,
} from './adastra-process.ts';

export interface AdastraFolder {
  /** Of the present test. */
  readonly path: string;
  /** A command to its end; words are split at spaces. */
  run(line: string): Promise<ProcessResult>;
  /** What it prints with `--json`. */
  json(line: string): Promise<Record<string, unknown>>;
  /** A command that stays, once it has printed `words`. */
  begin(line: string, words?: string): Promise<RunningAdastra>;
}

/** Call it at the top of a test file. */
export function adastraFolder(name: string): AdastraFolder {
  let path: string;
  let started: RunningAdastra[];

  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), `adastra-${name}-`));
    started = [];
  });

  afterEach(async () => {
    for (const { child, ended } of started) {
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(path, { recursive: true, force: true });
  });

  const run = (line: string): Promise<ProcessResult> => runAdastra(path, line.split(' '));
  return {
    get path() {
      return path;
    },
    run,
    json: async (line) => JSON.parse((await run(`${line} --json`)).out) as Record<string, unknown>,
    async begin(line, words = '"ready":true') {
      const running = startAdastra(path, line.split(' '));
      started.push(running);
      await running.see(words);
      return running;
    },
  };
}
