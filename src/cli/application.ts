/**
 * What of the application a node runs: the operations that `--operations` names and the projections
 * that `--projections` names. Loaded before the directory is opened, so that a mistake in them
 * leaves everything as it was.
 */
import type { AnyOperation, AnyProjection } from '../client/index.ts';
import type { CommandCall, OptionSpec } from './command.ts';
import { loadModules, type Wanted } from './load-module.ts';
import type { Application } from './node-access.ts';

/** Of every command whose node answers queries. */
export const PROJECTIONS_OPTION: OptionSpec = {
  flags: '--projections <file>',
  about: 'module with projections (repeat)',
  isList: true,
};

/** The options of every command that opens a node to serve it. */
export const APPLICATION_OPTIONS: readonly OptionSpec[] = [
  { flags: '--operations <file>', about: 'module with operations (repeat)', isList: true },
  PROJECTIONS_OPTION,
];

const OPERATION: Wanted<AnyOperation> = {
  what: 'operation',
  maker: 'defineOperation',
  isOne: (value): value is AnyOperation =>
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { handler?: unknown }).handler === 'function',
};

const PROJECTION: Wanted<AnyProjection> = {
  what: 'projection',
  maker: 'defineProjection or defineIndex',
  isOne: (value): value is AnyProjection =>
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { apply?: unknown }).apply === 'function',
};

/** Loads what the options name; throws `invalid_options`. */
export async function applicationOf({ options, terminal }: CommandCall): Promise<Application> {
  const { cwd } = terminal;
  const operations = await loadModules(options.list('operations'), cwd, OPERATION);
  const projections = await loadModules(options.list('projections'), cwd, PROJECTION);
  return {
    ...(operations === undefined ? {} : { operations }),
    ...(projections === undefined ? {} : { projections }),
  };
}
