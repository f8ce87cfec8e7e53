/**
 * The program as a function of its arguments and surroundings: one command, the prompt, or, where
 * there is nobody to ask, help and exit code 2.
 */
import { commandTable } from './command-table.ts';
import { EXIT } from './exit-codes.ts';
import { NodeSession } from './node-session.ts';
import { overview } from './parser.ts';
import { runPrompt } from './prompt.ts';
import { runCommandLine, type RunWorld } from './run.ts';
import { settle } from './settings.ts';
import { isConversation } from './terminal.ts';

/** Runs the program and gives its exit code. */
export async function runProgram(argv: readonly string[], world: RunWorld): Promise<number> {
  if (argv.length > 0 && !isOnlyData(argv)) return runCommandLine(argv, world);
  if (!isConversation(world.terminal)) {
    if (argv.length > 0) return runCommandLine(argv, world);
    world.terminal.stderr.write(overview(commandTable));
    return EXIT.usage;
  }
  const settings = settle(world.terminal, argv[1]);
  const session = new NodeSession(world.access, { ...settings, readOnly: false });
  return runPrompt({ ...world, session });
}

/** `adastra --data DIR` alone: a prompt on that directory. */
function isOnlyData(argv: readonly string[]): boolean {
  return argv.length === 2 && (argv[0] === '--data' || argv[0] === '-d');
}
