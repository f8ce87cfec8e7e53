/**
 * Starts test/system/node-child.mjs, a node in a process of its own over the built package, and
 * reads what it says. Whatever is still running when a test ends is the test's to kill.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { NodeOptions } from '../../src/client/index.ts';
import { ROOT } from './repository.ts';

/** What the child does once its node is open; see there. */
export type ChildScript = 'puts' | 'flight' | 'workload' | 'hold' | 'endless' | 'read';

export interface ChildCall {
  readonly script: ChildScript;
  readonly dataDir: string;
  readonly count?: number;
  /** Options of the node; before it opens, the process becomes `uid` and may open `files` files. */
  readonly options?: Omit<NodeOptions, 'dataDir'> & {
    readonly uid?: number;
    readonly files?: number;
  };
  /** What runs it, e.g. strace and its arguments. */
  readonly under?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How a child ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly err: string;
}

export interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<ChildEnd>;
  /** Whole lines of stdout so far. */
  lines(): string[];
  /** Resolves with the first line that begins with these words; rejects if it ends without. */
  line(words: string): Promise<string>;
}

/** The command line of a child. */
export function childCommand({ script, dataDir, options = {}, count, under }: ChildCall): string[] {
  const program = join(ROOT, 'test/system/node-child.mjs');
  const args = [script, dataDir, JSON.stringify(options), String(count ?? 10)];
  return [...(under ?? []), process.execPath, program, ...args];
}

/** Starts one. */
export function startChild(call: ChildCall): Child {
  const [program = '', ...args] = childCommand(call);
  const env = { ...process.env, ...call.env };
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  const lines = (): string[] =>
    out
      .slice(0, out.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1);
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<ChildEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, lines: lines(), err }));
  });
  const line = (words: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines().find((each) => each.startsWith(words));
        if (found !== undefined) resolve(found);
      };
      child.stdout.on('data', look);
      look();
      void ended.then(() => reject(new Error(`ended without ${words}: ${out}${err}`)));
    });
  return { process: child, ended, lines, line };
}

/** Runs one to its end. */
export function runChild(call: ChildCall): Promise<ChildEnd> {
  const child = startChild(call);
  child.process.stdin?.end();
  return child.ended;
}

/** Submissions that were acknowledged, in the order of their lines. */
export function acknowledged(lines: readonly string[]): number[] {
  return lines.filter((each) => each.startsWith('ack ')).map((each) => Number(each.slice(4)));
}
