/**
 * Where results go. Data is written to stdout, everything else (notes, warnings, errors, progress)
 * to stderr; with `--json` data and errors are JSON on stdout, one object or one a line. Lines are
 * gathered into blocks and wait for a slow reader; a reader that went away (`| head`) shows as
 * `PipeClosed`, which ends the run quietly with 0.
 */
import { once } from 'node:events';
import { createColors } from 'picocolors';
import type { AdastraError } from '../core/index.ts';
import { cleanJson, cleanLines } from './clean-text.ts';
import type { OutputStream, Terminal } from './terminal.ts';

const BLOCK_CHARACTERS = 32 * 1024;

/** The palette of picocolors, plain where the stream shows none. */
export type Colors = ReturnType<typeof createColors>;

/** Thrown by writes after the reader of stdout has gone. */
export class PipeClosed extends Error {
  override readonly name = 'PipeClosed';
}

/** How one run speaks. */
export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
}

/** The two outgoing streams of one run. Call `dispose` when it is over. */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Colours for stdout and for stderr. */
  readonly colors: Colors;
  readonly noteColors: Colors;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #onError = (): void => {
    this.#isClosed = true;
  };
  #pending = '';
  #isClosed = false;

  constructor(terminal: Terminal, options: OutputOptions) {
    this.json = options.json;
    this.quiet = options.quiet;
    this.#stdout = terminal.stdout;
    this.#stderr = terminal.stderr;
    this.colors = colorsFor(terminal, terminal.stdout);
    this.noteColors = colorsFor(terminal, terminal.stderr);
    this.#stdout.on('error', this.#onError);
    keepQuiet(this.#stderr);
  }

  /** Whether stdout is a terminal. */
  get isTerminal(): boolean {
    return this.#stdout.isTTY === true;
  }

  /** Width to draw to, in columns. */
  get columns(): number {
    return this.#stdout.columns ?? 100;
  }

  /** One line of data; kept back until a block is full or `flush`. */
  async line(text: string): Promise<void> {
    this.#pending += `${text}\n`;
    if (this.#pending.length >= BLOCK_CHARACTERS) await this.flush();
  }

  /** One JSON object as a line of data. */
  async object(value: unknown): Promise<void> {
    await this.line(cleanJson(JSON.stringify(value)));
  }

  /** `value` as JSON with `--json`, else `text()`. */
  async result(value: unknown, text: () => string): Promise<void> {
    await this.line(this.json ? cleanJson(JSON.stringify(value)) : text());
  }

  /** Text as it is, without a line end. */
  async text(text: string): Promise<void> {
    this.#pending += text;
    if (this.#pending.length >= BLOCK_CHARACTERS) await this.flush();
  }

  /** Hands everything to stdout and waits while its reader is slow. */
  async flush(): Promise<void> {
    if (this.#isClosed) throw new PipeClosed();
    if (this.#pending === '') return;
    const block = this.#pending;
    this.#pending = '';
    if (!this.#stdout.write(block)) await this.#drained();
    if (this.#isClosed) throw new PipeClosed();
  }

  async #drained(): Promise<void> {
    const over = new AbortController();
    const { signal } = over;
    try {
      await Promise.race([
        once(this.#stdout, 'drain', { signal }),
        once(this.#stdout, 'close', { signal }),
      ]);
    } catch {
      this.#isClosed = true;
    } finally {
      over.abort();
    }
  }

  /** A line for people; silent with `--quiet`. */
  note(text: string): void {
    if (!this.quiet) this.#stderr.write(`${text}\n`);
  }

  /** A line for people that `--quiet` does not silence. */
  warn(text: string): void {
    this.#stderr.write(`${this.noteColors.yellow('warning:')} ${text}\n`);
  }

  /** Reports what ended the command: JSON on stdout with `--json`, else words on stderr. */
  async error(error: AdastraError): Promise<void> {
    if (this.json) {
      const { code, message, hint, retryable, details } = error.toJSON();
      const body = { code, message, ...(hint === undefined ? {} : { hint }), retryable, details };
      await this.line(safeJson({ error: body }));
      return;
    }
    const { red, dim } = this.noteColors;
    const message = cleanLines(error.message);
    this.#stderr.write(`${red('error:')} ${message} ${dim(`(${error.code})`)}\n`);
    if (error.hint !== undefined) this.#stderr.write(`${dim('hint:')} ${cleanLines(error.hint)}\n`);
  }

  /** Lets go of the streams. */
  dispose(): void {
    // The listener that swallows a late EPIPE stays: without one it would end the process.
    keepQuiet(this.#stdout);
    this.#stdout.off('error', this.#onError);
  }
}

/** One for each stream: a prompt makes an `Output` for each line. */
function keepQuiet(stream: OutputStream): void {
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
}

function ignore(): void {}

function colorsFor(terminal: Terminal, stream: OutputStream): Colors {
  const { NO_COLOR: none, FORCE_COLOR: force, TERM: kind } = terminal.env;
  if (none !== undefined && none !== '') return createColors(false);
  if (force !== undefined) return createColors(force !== '0' && force !== 'false');
  return createColors(stream.isTTY === true && kind !== 'dumb');
}

/** Details may hold values that JSON cannot say (bytes, big integers): those become text. */
export function safeJson(value: unknown): string {
  const json = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? item.toString() : item,
  );
  return cleanJson(json);
}
