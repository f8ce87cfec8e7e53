/**
 * Runs command lines in this process with streams of their own, over any `NodeAccess`.
 */
import { PassThrough, Readable, type Writable } from 'node:stream';
import type { NodeAccess } from '../../src/cli/node-access.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

/** What a run wrote and ended with. */
export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliRunOptions {
  readonly stdin?: string | Readable;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Gets a function that acts as Ctrl-C. */
  readonly onStart?: (interrupt: () => void) => void;
  readonly stdout?: Writable;
}

/** Runs `argv` to its end. */
export async function runCli(
  access: NodeAccess,
  argv: readonly string[],
  options: CliRunOptions = {},
): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const listeners = new Set<() => void>();
  const { stdin = '' } = options;
  const terminal: Terminal = {
    stdin: typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)]) : stdin,
    stdout: options.stdout ?? collector(out),
    stderr: collector(err),
    env: options.env ?? {},
    cwd: options.cwd ?? '/fake',
    onInterrupt: (fn) => {
      listeners.add(fn);
      return () => listeners.delete(fn);
    },
  };
  options.onStart?.(() => {
    for (const listener of listeners) listener();
  });
  const code = await runProgram(argv, { terminal, access });
  return { code, out: out.join(''), err: err.join('') };
}

function collector(parts: string[]): Writable {
  const stream = new PassThrough();
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => parts.push(text));
  return stream;
}

/** The lines of NDJSON. */
export function jsonLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}
