/**
 * A daemon of the built program as a process that is killed and started again: its place stays the
 * same, so that clients find it where it was.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { ADASTRA } from './adastra-process.ts';

const READY_MS = 60_000;

interface Ready {
  readonly ready?: boolean;
  readonly url?: string;
}

export class DaemonProcess {
  readonly name: string;
  /** What it wrote to stderr, all its runs. */
  log = '';
  runs = 0;
  readonly #cwd: string;
  readonly #argv: readonly string[];
  readonly #portFlag: string;
  #child: ChildProcess | undefined;
  #place: string | undefined;

  /** `argv` without a port: the first run takes any free one, later runs the same. */
  constructor(
    name: string,
    { cwd, argv, portFlag }: { cwd: string; argv: readonly string[]; portFlag: string },
  ) {
    this.name = name;
    this.#cwd = cwd;
    this.#argv = argv;
    this.#portFlag = portFlag;
  }

  /** Where it answers, as `HttpAsker` takes it. */
  get place(): string {
    if (this.#place === undefined) throw new Error(`${this.name} was never ready`);
    return this.#place;
  }

  /** Resolves when it says that it is ready. */
  async start(): Promise<void> {
    const port = this.#place === undefined ? '0' : new URL(this.#place).port;
    const { ADASTRA_DATA: _data, ...env } = process.env;
    const command = [ADASTRA, ...this.#argv, this.#portFlag, port, '--json'];
    const child = spawn(process.execPath, command, {
      cwd: this.#cwd,
      env: { ...env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.runs++;
    const ready = await this.#readyOf(child);
    if (ready.url === undefined) throw new Error(`${this.name} serves no HTTP`);
    this.#place = ready.url;
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Freezes it, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  #readyOf(child: ChildProcess): Promise<Ready> {
    return new Promise((resolve, reject) => {
      let out = '';
      const fail = (why: string): void => reject(new Error(`${this.name} ${why}: ${this.log}`));
      const timer = setTimeout(() => fail('is not ready'), READY_MS);
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        this.log += text;
      });
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        out += text;
        const line = out.split('\n').find((one) => one.includes('"ready":true'));
        if (line === undefined || !out.includes('\n')) return;
        clearTimeout(timer);
        resolve(JSON.parse(line) as Ready);
      });
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(timer);
        fail(`ended with ${code}`);
      });
    });
  }
}
