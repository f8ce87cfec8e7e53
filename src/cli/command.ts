/**
 * What a command is: a row of the table, in words for people and in a function. The same row serves
 * one-shot runs and the prompt; parsing is done from it and nowhere else.
 */
import { AdastraError } from '../core/index.ts';
import type { NodeSession } from './node-session.ts';
import type { Output } from './output.ts';
import type { Terminal } from './terminal.ts';

/** One positional argument: `<key>` (wanted) or `[prefix]` (may be missing). */
export interface ArgumentSpec {
  readonly name: string;
  readonly about: string;
}

/** One option: `--limit <n>`, `--reverse`. */
export interface OptionSpec {
  readonly flags: string;
  readonly about: string;
  /** May be given more than once; the value is then a list. */
  readonly isList?: boolean;
}

/** One command. */
export interface CommandSpec {
  /** One or two words: `status`, `store put`. */
  readonly name: string;
  readonly about: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** Whole command lines without the program's name; the first is shown with `--help`. */
  readonly examples: readonly string[];
  /** Watches `signal` itself and comes to an end by itself after Ctrl-C. */
  readonly endsItself?: boolean;
  /** Gives the exit code. */
  readonly run: (call: CommandCall) => Promise<number>;
}

/** One run of a command. */
export interface CommandCall {
  /** In the order of the specification; `undefined` for an optional one that was left out. */
  readonly args: readonly (string | undefined)[];
  readonly options: OptionValues;
  readonly output: Output;
  readonly terminal: Terminal;
  readonly session: NodeSession;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  /** The arguments as typed, to print the command that resumes. */
  readonly argv: readonly string[];
}

/** The options of one run, by their camelCase names, checked when asked for. */
export class OptionValues {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** Whether a switch is on. */
  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** The text given. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** All texts given to a list option. */
  list(name: string): readonly string[] | undefined {
    const value = this.#values[name];
    return Array.isArray(value) ? (value as string[]) : undefined;
  }

  /** A whole number ≥ `least`; throws `invalid_options` for anything else. */
  whole(name: string, least = 0): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw invalidOption(
      name,
      `must be a whole number from ${least} on, not ${JSON.stringify(text)}`,
    );
  }

  /** One of a closed set; throws `invalid_options` with the list. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw invalidOption(name, `must be one of ${choices.join(', ')}, not ${JSON.stringify(text)}`);
  }
}

function invalidOption(name: string, what: string): AdastraError {
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return new AdastraError('invalid_options', `--${flag} ${what}`, { details: { option: flag } });
}

/** The argument at `index`, which the specification makes mandatory. */
export function wanted(call: CommandCall, index: number): string {
  const value = call.args[index];
  if (value === undefined) throw new AdastraError('invalid_argument', 'an argument is missing');
  return value;
}
