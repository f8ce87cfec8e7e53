/**
 * The interactive prompt: banner, one command a line, history, completion with TAB. Lines run one
 * after the other on one session; a line that fails is reported and the prompt goes on. Ctrl-C
 * interrupts a running command, empties a line that has text, and leaves with 130 on an empty one;
 * `exit`, `quit`, Ctrl-D and whoever else ends it leave with 0. What the node does by itself is
 * written above the line being typed.
 */
import { createInterface, type Interface } from 'node:readline';
import { AdastraError } from '../core/index.ts';
import { commandTable } from './command-table.ts';
import { completionsOf } from './completion.ts';
import { EXIT } from './exit-codes.ts';
import type { NodeSession } from './node-session.ts';
import { Output } from './output.ts';
import { runCommandLine, type RunWorld } from './run.ts';
import type { Terminal } from './terminal.ts';
import { tokenize } from './tokenizer.ts';
import { packageVersion } from './version.ts';

const HISTORY_LINES = 500;
/** To the first column, and what stands in the line gone. */
const LINE_START = '\r\u001b[K';

/** A prompt's surroundings; the session is closed when the prompt ends. */
export type PromptWorld = RunWorld & {
  readonly session: NodeSession;
  readonly hasBanner?: boolean;
  /** Run after each line, e.g. to bring up what a command had to take down. */
  readonly afterLine?: () => Promise<void>;
  /** Ends the prompt with 0, behind the line that runs. */
  readonly ending?: AbortSignal;
  /** Gets, while the prompt is there, what writes lines of others, each with its line end. */
  readonly onOpen?: (aside: (line: string) => void) => void;
};

/** Runs the prompt to its end and gives the exit code. */
export async function runPrompt(world: PromptWorld): Promise<number> {
  const prompt = new Prompt(world);
  try {
    return await prompt.run();
  } finally {
    await world.session.close();
  }
}

class Prompt {
  readonly #world: PromptWorld;
  readonly #reader: Interface;
  readonly #lines: string[] = [];
  readonly #interruptListeners = new Set<() => void>();
  #wake: (() => void) | undefined;
  #exitCode: number | undefined;
  #isRunning = false;

  constructor(world: PromptWorld) {
    this.#world = world;
    const { stdin, stdout } = world.terminal;
    this.#reader = createInterface({
      input: stdin,
      output: stdout,
      prompt: 'adastra> ',
      historySize: HISTORY_LINES,
      removeHistoryDuplicates: true,
      completer: (line: string) => completionsOf(commandTable, line),
    });
    this.#reader.on('line', (line) => this.#receive(line));
    this.#reader.on('SIGINT', () => this.#interrupt());
    this.#reader.on('close', () => this.#leave(EXIT.ok));
    const { ending } = world;
    ending?.addEventListener('abort', () => this.#leave(EXIT.ok), { once: true });
    if (ending?.aborted === true) this.#leave(EXIT.ok);
  }

  async run(): Promise<number> {
    if (this.#world.hasBanner !== false) this.#world.terminal.stdout.write(banner(this.#world));
    this.#world.onOpen?.((line) => this.#aside(line));
    this.#reader.prompt();
    while (this.#exitCode === undefined) {
      const line = this.#lines.shift();
      if (line === undefined) await this.#nextLine();
      else await this.#runLine(line);
    }
    this.#reader.close();
    return this.#exitCode;
  }

  #receive(line: string): void {
    this.#lines.push(line);
    this.#wake?.();
  }

  #nextLine(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #leave(code: number): void {
    this.#exitCode ??= code;
    this.#wake?.();
  }

  #interrupt(): void {
    if (this.#isRunning) {
      for (const listener of this.#interruptListeners) listener();
      return;
    }
    this.#world.terminal.stdout.write('^C\n');
    if (this.#reader.line === '') {
      this.#leave(EXIT.interrupted);
      return;
    }
    // Deletes what stands before and behind the cursor.
    this.#reader.write(null, { ctrl: true, name: 'e' });
    this.#reader.write(null, { ctrl: true, name: 'u' });
    this.#reader.prompt();
  }

  async #runLine(line: string): Promise<void> {
    this.#isRunning = true;
    try {
      await this.#perform(line);
      await this.#world.afterLine?.();
    } finally {
      this.#isRunning = false;
    }
    if (this.#exitCode === undefined) this.#reader.prompt();
  }

  async #perform(line: string): Promise<void> {
    const words = await this.#wordsOf(line);
    const [first] = words;
    if (first === undefined) return;
    if (first === 'exit' || first === 'quit') {
      this.#leave(EXIT.ok);
      return;
    }
    const argv = first === 'help' ? [...words.slice(1), '--help'] : withoutName(words);
    await runCommandLine(argv, { ...this.#world, terminal: this.#innerTerminal() });
  }

  async #wordsOf(line: string): Promise<string[]> {
    try {
      return tokenize(line);
    } catch (error) {
      if (!AdastraError.is(error)) throw error;
      const output = new Output(this.#world.terminal, { json: false, quiet: false });
      await output.error(error);
      output.dispose();
      return [];
    }
  }

  #aside(line: string): void {
    const { stderr } = this.#world.terminal;
    if (this.#isRunning || this.#exitCode !== undefined) {
      stderr.write(line);
      return;
    }
    stderr.write(`${LINE_START}${line}`);
    this.#reader.prompt(true);
  }

  #ask(text: string): Promise<string> {
    const controller = new AbortController();
    const stop = (): void => controller.abort();
    this.#interruptListeners.add(stop);
    return new Promise((resolve) => {
      const { signal } = controller;
      // Without this the next command line would be taken for the answer.
      signal.addEventListener('abort', () => resolve(''), { once: true });
      this.#reader.question(text, { signal }, (answer) => {
        this.#interruptListeners.delete(stop);
        resolve(answer);
      });
    });
  }

  /** In raw mode Ctrl-C is a key that readline sees, not a signal. */
  #innerTerminal(): Terminal {
    return {
      ...this.#world.terminal,
      onInterrupt: (fn) => {
        this.#interruptListeners.add(fn);
        return () => this.#interruptListeners.delete(fn);
      },
      question: (text) => this.#ask(text),
    };
  }
}

/** `adastra store get x` is understood at the prompt too. */
function withoutName(words: readonly string[]): readonly string[] {
  return words[0] === 'adastra' ? words.slice(1) : words;
}

function banner({ terminal, session }: PromptWorld): string {
  const { colors } = new Output(terminal, { json: false, quiet: false });
  const title = colors.bold(`adastra ${packageVersion()}`);
  return `${title}  ${session.dataDir}\nhelp lists the commands; exit, quit or Ctrl-D leaves.\n`;
}
