/**
 * One command line from arguments to exit code: parse, settle the directory, run, report, close.
 * The prompt calls this for each line with a session of its own, `main.ts` once. Nothing thrown
 * leaves here: errors of ours become a message and an exit code, a reader that went away becomes 0,
 * Ctrl-C 130; a fault of the program is reported with its stack and gives 1.
 */
import { AdastraError } from '../core/index.ts';
import { OptionValues, type CommandSpec } from './command.ts';
import { commandTable } from './command-table.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import type { NodeAccess } from './node-access.ts';
import { NodeSession, type SessionOptions } from './node-session.ts';
import { Output, PipeClosed } from './output.ts';
import { parseArguments, type Parsed } from './parser.ts';
import { settle } from './settings.ts';
import type { Terminal } from './terminal.ts';

/** What a run works with. */
export interface RunWorld {
  readonly terminal: Terminal;
  readonly access: NodeAccess;
  /** The prompt's own session, used where the line names no other directory; stays open. */
  readonly session?: NodeSession;
}

/** Runs one command line and gives its exit code. */
export async function runCommandLine(argv: readonly string[], world: RunWorld): Promise<number> {
  const parsed = parseArguments(commandTable, argv);
  const json = parsed.kind === 'command' ? parsed.options['json'] === true : asksForJson(argv);
  const quiet = parsed.kind === 'command' && parsed.options['quiet'] === true;
  const output = new Output(world.terminal, { json, quiet });
  try {
    return await guarded(output, () => dispatch({ argv, parsed, output, world }));
  } finally {
    output.dispose();
  }
}

function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}

interface Dispatch {
  readonly argv: readonly string[];
  readonly parsed: Parsed;
  readonly output: Output;
  readonly world: RunWorld;
}

async function dispatch({ argv, parsed, output, world }: Dispatch): Promise<number> {
  if (parsed.kind === 'help') {
    await output.text(parsed.text);
    await output.flush();
    return EXIT.ok;
  }
  if (parsed.kind === 'usage') {
    if (parsed.help !== '' && !output.json) world.terminal.stderr.write(parsed.help);
    throw new AdastraError('invalid_options', oneSentence(parsed.message), {
      hint: 'adastra --help lists the commands, adastra COMMAND --help their options',
    });
  }
  const values = new OptionValues(parsed.options);
  const settings = settle(world.terminal, values.text('data'));
  const options = { ...settings, readOnly: values.flag('readOnly') };
  const { session, isOwn } = sessionFor(world, options, values);
  const { spec, args } = parsed;
  try {
    const call = { args, options: values, output, terminal: world.terminal, session, argv };
    const code = await runInterruptibly(spec, call);
    await output.flush();
    return code;
  } finally {
    if (isOwn) await session.close();
  }
}

function oneSentence(message: string): string {
  return message.replace(/\n\(?([^)]*)\)?$/, ' ($1)');
}

function sessionFor(
  { access, session }: RunWorld,
  options: SessionOptions,
  values: OptionValues,
): { session: NodeSession; isOwn: boolean } {
  const isOther = values.text('data') !== undefined && options.dataDir !== session?.dataDir;
  if (session !== undefined && !isOther && !options.readOnly) return { session, isOwn: false };
  return { session: new NodeSession(access, options), isOwn: true };
}

type CallWithoutSignal = Omit<Parameters<CommandSpec['run']>[0], 'signal'>;

async function runInterruptibly(spec: CommandSpec, call: CallWithoutSignal): Promise<number> {
  const controller = new AbortController();
  const { signal } = controller;
  const stopListening = call.terminal.onInterrupt(() => controller.abort());
  try {
    const running = spec.run({ ...call, signal });
    if (spec.endsItself === true) return await running;
    return await Promise.race([running, interruptionOf(signal, running)]);
  } finally {
    stopListening();
  }
}

/** Resolves to 130 at Ctrl-C; what the command does after that is nobody's business any more. */
function interruptionOf(signal: AbortSignal, running: Promise<number>): Promise<number> {
  return new Promise((resolve) => {
    const stop = (): void => {
      running.catch(() => {});
      resolve(EXIT.interrupted);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}

async function guarded(output: Output, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof PipeClosed) return EXIT.ok;
    return await report(output, error);
  }
}

async function report(output: Output, error: unknown): Promise<number> {
  try {
    if (AdastraError.is(error)) await output.error(error);
    else output.warn(`this is a fault of adastra: ${describeFault(error)}`);
    await output.flush();
  } catch (second) {
    if (!(second instanceof PipeClosed)) throw second;
  }
  return exitCodeOf(error);
}

function describeFault(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
