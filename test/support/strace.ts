/**
 * strace over a child: which calls it made, and calls made to fail or to kill. Where strace is
 * missing or may not trace, tests are skipped with the command that helps.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { type ChildCall, type ChildEnd, runChild } from './node-child.ts';
import { skipFor } from './skip.ts';

/** One traced call: its name, and how many of that name its thread had made, itself included. */
export interface TracedCall {
  readonly name: string;
  readonly number: number;
  readonly thread: string;
  readonly text: string;
}

/** Skips the running test unless strace works here. */
export function needStrace(context: TestContext): void {
  const tried = spawnSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' });
  if (tried.error !== undefined) skipFor(context, 'apt-get install strace');
  if (tried.status !== 0)
    skipFor(context, 'the right to trace: run as root, or sysctl kernel.yama.ptrace_scope=0');
}

/** Runs a child under strace; every call of these names, in order. */
export async function traced(
  call: ChildCall,
  names: readonly string[],
): Promise<{ end: ChildEnd; calls: TracedCall[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'adastra-strace-'));
  const output = join(folder, 'calls');
  const under = [
    'strace',
    '-f',
    '-qq',
    '-o',
    output,
    '-e',
    'signal=none',
    '-e',
    `trace=${names.join(',')}`,
  ];
  try {
    const end = await runChild({ ...call, under });
    return { end, calls: parseCalls(readFileSync(output, 'utf8')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs a child where call `name` number `number` of a thread gets `fault`, e.g. `signal=SIGKILL`.
 */
export function injected(call: ChildCall, name: string, fault: string): Promise<ChildEnd> {
  const inject = ['-e', `trace=${name}`, '-e', `inject=${name}:${fault}`];
  const under = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'signal=none', ...inject];
  // Calls are counted by thread: with one thread for the disk that is by call.
  return runChild({ ...call, under, env: { ...call.env, UV_THREADPOOL_SIZE: '1' } });
}

/** Lines of `strace -f -o`; of calls that were interrupted the first part counts. */
function parseCalls(text: string): TracedCall[] {
  const counts = new Map<string, number>();
  const calls: TracedCall[] = [];
  for (const line of text.split('\n')) {
    const [, thread, name] = /^(\d+)\s+(\w+)\(/.exec(line) ?? [];
    if (thread === undefined || name === undefined) continue;
    const number = (counts.get(`${thread} ${name}`) ?? 0) + 1;
    counts.set(`${thread} ${name}`, number);
    calls.push({ name, number, thread, text: line });
  }
  return calls;
}
