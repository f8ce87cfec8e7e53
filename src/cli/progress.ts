/**
 * How far long work is: a bar with rate and remaining time on a terminal, plain lines at most once
 * a second elsewhere, nothing with `--quiet`. Always on stderr, so that data stays clean.
 */
import { SingleBar } from 'cli-progress';
import type { Output } from './output.ts';
import { duration, grouped } from './tables.ts';
import type { Terminal } from './terminal.ts';

const LINE_EVERY_MS = 1000;

/** One long work. */
export interface Progress {
  /** `done` of the total (bytes, commits), `count` in the unit that people count in. */
  update(done: number, count: number): void;
  /** Takes the bar away; call it however the work ended. */
  stop(): void;
}

/** What the work is. */
export interface ProgressOptions {
  readonly label: string;
  /** `undefined` where nobody knows, as with stdin. */
  readonly total: number | undefined;
  /** What `count` counts: `rows`. */
  readonly unit: string;
}

/** Shows work on stderr in the way that fits. */
export function showProgress(
  terminal: Terminal,
  output: Output,
  options: ProgressOptions,
): Progress {
  if (output.quiet) return { update() {}, stop() {} };
  if (terminal.stderr.isTTY === true && options.total !== undefined) {
    return new BarProgress(terminal, options.total, options);
  }
  return new LineProgress(output, options);
}

class BarProgress implements Progress {
  readonly #bar: SingleBar;
  readonly #startedMs = performance.now();

  constructor(terminal: Terminal, total: number, { label, unit }: ProgressOptions) {
    this.#bar = new SingleBar({
      format: `${label} {bar} {percentage}%  {count} ${unit}  {rate}/s  {eta_formatted} left`,
      stream: terminal.stderr,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      etaBuffer: 50,
      hideCursor: true,
      clearOnComplete: false,
      gracefulExit: false,
    });
    this.#bar.start(Math.max(total, 1), 0, { count: '0', rate: '0' });
  }

  update(done: number, count: number): void {
    const seconds = (performance.now() - this.#startedMs) / 1000;
    const rate = grouped(Math.round(count / Math.max(seconds, 0.001)));
    this.#bar.update(done, { count: grouped(count), rate });
  }

  stop(): void {
    this.#bar.stop();
  }
}

class LineProgress implements Progress {
  readonly #output: Output;
  readonly #options: ProgressOptions;
  readonly #startedMs = performance.now();
  #writtenMs = this.#startedMs;

  constructor(output: Output, options: ProgressOptions) {
    this.#output = output;
    this.#options = options;
  }

  update(done: number, count: number): void {
    const nowMs = performance.now();
    if (nowMs - this.#writtenMs < LINE_EVERY_MS) return;
    this.#writtenMs = nowMs;
    const { label, total, unit } = this.#options;
    const elapsedMs = nowMs - this.#startedMs;
    const rate = grouped(Math.round((count / elapsedMs) * 1000));
    this.#output.note(
      `${label}: ${grouped(count)} ${unit}, ${rate}/s${rest(done, total, elapsedMs)}`,
    );
  }

  stop(): void {}
}

function rest(done: number, total: number | undefined, elapsedMs: number): string {
  if (total === undefined || done <= 0) return '';
  const percent = Math.floor((done / total) * 100);
  return `, ${percent} %, ${duration((elapsedMs / done) * (total - done))} left`;
}
