/**
 * Arguments → the row of the table that they name, by commander: help, `--version`, did-you-mean
 * and usage errors included. Nothing is run here, and nothing is written: what commander would
 * print comes back as text.
 */
import { Command, CommanderError, Option } from 'commander';
import type { CommandSpec } from './command.ts';
import { packageVersion } from './version.ts';

/** What the arguments mean. */
export type Parsed =
  | {
      readonly kind: 'command';
      readonly spec: CommandSpec;
      readonly args: readonly (string | undefined)[];
      readonly options: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'usage'; readonly message: string; readonly help: string };

const GROUPS: Readonly<Record<string, string>> = {
  node: 'this node',
  store: 'keys and values',
  log: 'the commit log',
  daemon: 'the process that has the node open',
  member: 'one member of the world',
  sync: 'exchange with other members',
  clock: 'the clock of this machine',
  conflicts: 'writes that did not see each other',
  policy: 'what decides conflicts',
};

/** Options that every command takes. */
export const GLOBAL_OPTIONS: readonly (readonly [flags: string, about: string])[] = [
  [
    '-d, --data <directory>',
    'data directory (else ADASTRA_DATA, adastra.config.json, ./adastra-data)',
  ],
  ['--json', 'print JSON, one object or one a line'],
  ['-q, --quiet', 'no notes and no progress on stderr'],
  ['--read-only', 'open without lock, as of what is durable'],
];

/** Parses `argv` (without node and script) by the table. Never throws, never prints. */
export function parseArguments(table: readonly CommandSpec[], argv: readonly string[]): Parsed {
  let written = '';
  let parsed: Parsed | undefined;
  const write = (text: string): void => {
    written += text;
  };
  const program = buildProgram(table, write, (selected) => {
    parsed = selected;
  });
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return afterError(error, written);
  }
  return parsed ?? { kind: 'usage', message: 'no command', help: program.helpInformation() };
}

/** The overview that `adastra --help` prints. */
export function overview(table: readonly CommandSpec[]): string {
  const parsed = parseArguments(table, ['--help']);
  return parsed.kind === 'help' ? parsed.text : '';
}

function afterError(error: CommanderError, written: string): Parsed {
  if (error.exitCode === 0) return { kind: 'help', text: written };
  // A group without a command (`adastra store`) shows its help as an error.
  if (error.code === 'commander.help') {
    return { kind: 'usage', message: 'a command is missing', help: written };
  }
  return { kind: 'usage', message: error.message.replace(/^error: /, ''), help: '' };
}

type Select = (parsed: Parsed) => void;

function buildProgram(
  table: readonly CommandSpec[],
  write: (text: string) => void,
  select: Select,
): Command {
  const program = new Command('adastra')
    .description('A local-first, event-sourced data engine.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write, outputError: () => {} })
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true });
  for (const [flags, about] of GLOBAL_OPTIONS) program.option(flags, about);
  program.addHelpText('after', '\nExample:\n  $ adastra store put user:1 Gaspard\n');
  const groups = new Map<string, Command>();
  for (const spec of table) addCommand(program, groups, { spec, select });
  return program;
}

function addCommand(
  program: Command,
  groups: Map<string, Command>,
  { spec, select }: { spec: CommandSpec; select: Select },
): void {
  const [first = '', second] = spec.name.split(' ');
  const parent = second === undefined ? program : groupOf(program, groups, first);
  const command = parent.command(second ?? first).description(spec.about);
  for (const { name, about } of spec.arguments ?? []) command.argument(name, about);
  for (const { flags, about, isList } of spec.options ?? []) {
    const option = new Option(flags, about);
    if (isList === true) option.argParser(appendTo);
    command.addOption(option);
  }
  const examples = spec.examples.map((example) => `  $ adastra ${example}\n`).join('');
  const title = spec.examples.length === 1 ? 'Example' : 'Examples';
  command.addHelpText('after', `\n${title}:\n${examples}`);
  command.action(() => {
    const options = command.optsWithGlobals<Record<string, unknown>>();
    const args = command.processedArgs as (string | undefined)[];
    select({ kind: 'command', spec, args, options });
  });
}

function groupOf(program: Command, groups: Map<string, Command>, name: string): Command {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const group = program.command(name).description(GROUPS[name] ?? name);
  groups.set(name, group);
  return group;
}

function appendTo(value: string, before: unknown): string[] {
  return Array.isArray(before) ? [...(before as string[]), value] : [value];
}
