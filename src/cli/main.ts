#!/usr/bin/env node
/**
 * The program `adastra`. With arguments it runs one command; without, it is a prompt on a terminal
 * and help elsewhere. Sets the exit code and lets the process end by itself, so that everything
 * written gets out; a second Ctrl-C ends it at once.
 */
import process from 'node:process';
import { clientAccess } from './client-access.ts';
import { EXIT } from './exit-codes.ts';
import { runProgram } from './program.ts';
import { systemTerminal } from './terminal.ts';

let interrupts = 0;
process.on('SIGINT', () => {
  interrupts += 1;
  if (interrupts > 1) process.exit(EXIT.interrupted);
});

let hasEnded = false;
// Nothing keeps the process and yet the command waits: that must not look like success.
process.on('exit', (code) => {
  if (hasEnded || code !== 0) return;
  process.stderr.write(
    'error: the program ended before its command did; this is a fault of adastra\n',
  );
  process.exitCode = EXIT.unknownOutcome;
});

async function run(): Promise<void> {
  const world = { terminal: systemTerminal(), access: clientAccess };
  const code = await runProgram(process.argv.slice(2), world);
  hasEnded = true;
  process.exitCode = code;
  // What was interrupted may still be at work, and a stdin that nobody reads keeps the process.
  if (code === EXIT.interrupted) process.stdout.write('', () => process.exit(code));
  else process.stdin.unref?.();
}

void run();
