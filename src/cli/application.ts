/**
 * What of the application a served node runs: the operations that `--operations` names. Loaded
 * before the directory is opened, so that a mistake in them leaves everything as it was.
 */
import type { AnyOperation } from '../client/index.ts';
import type { CommandCall, OptionSpec } from './command.ts';
import { loadModules, type Wanted } from './load-module.ts';
import type { Application } from './node-access.ts';

/** The options of every command that opens a node to serve it. */
export const APPLICATION_OPTIONS: readonly OptionSpec[] = [
  { flags: '--operations <file>', about: 'module with operations (repeat)', isList: true },
];

const OPERATION: Wanted<AnyOperation> = {
  what: 'operation',
  maker: 'defineOperation',
  isOne: (value): value is AnyOperation =>
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { handler?: unknown }).handler === 'function',
};

/** Loads what the options name; throws `invalid_options`. */
export async function applicationOf({ options, terminal }: CommandCall): Promise<Application> {
  const operations = await loadModules(options.list('operations'), terminal.cwd, OPERATION);
  return operations === undefined ? {} : { operations };
}
