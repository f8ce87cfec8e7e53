/**
 * The folder of a demo and the processes in it: commands of `adastra` that are shown and run, nodes
 * that stay up. `remove` ends all of it; so does the end of this process, whatever ends it.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './setup.mjs';

const ADASTRA = join(ROOT, 'dist/cli/main.js');
const READY_MS = 30_000;
const STOP_MS = 8_000;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** What went wrong, as a sentence. */
export class DemoFailure extends Error {}

export class DemoFolder {
  path = mkdtempSync(join(tmpdir(), 'adastra-demo-'));
  /** Resolves with an exit code when a signal comes, or when nobody reads on. */
  interrupted;
  #say;
  /** Child by child, what tells of its end. */
  #children = new Map();
  #isOver = false;
  #onExit = () => this.#endNow();

  constructor(say) {
    this.#say = say;
    process.on('exit', this.#onExit);
    this.interrupted = new Promise((resolve) => {
      for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => resolve(code));
      process.stdout.on('error', () => resolve(0));
    });
  }

  /** Shows a command, runs it to its end, shows what it said. A wrong exit code is a failure. */
  async run(line, { exit = 0 } = {}) {
    const args = typeof line === 'string' ? line.split(' ') : line;
    this.#show(args);
    const ended = await this.#spawn(args).ended;
    this.#check(args, ended, exit);
    this.#say((ended.out === '' ? ended.err : ended.out).trimEnd());
    return ended;
  }

  /** What a command answers with `--json`; not shown. */
  async json(args) {
    const ended = await this.#spawn([...args, '--json']).ended;
    this.#check(args, ended, 0);
    return JSON.parse(ended.out);
  }

  /** Starts a node that stays; resolves when it is ready. */
  async start(line) {
    const args = line.split(' ');
    this.#show(args, ' &');
    const { child, ended, text } = this.#spawn(args);
    const ready = new Promise((resolve) => {
      child.stdout.on('data', () => {
        if (text.out.includes('\n')) resolve();
      });
    });
    const early = ended.then((how) => {
      throw new DemoFailure(`adastra ${line} ended with ${how.code}: ${how.err}`);
    });
    early.catch(() => {});
    await Promise.race([ready, early, after(READY_MS, `adastra ${line} is not ready`)]);
    this.#say(text.out.trimEnd());
  }

  /** Ends what runs, the stubborn by force, and removes the folder. */
  async remove() {
    this.#isOver = true;
    const endings = [...this.#children.values()];
    for (const child of this.#children.keys()) child.kill('SIGTERM');
    await Promise.race([Promise.all(endings), after(STOP_MS, '').catch(() => {})]);
    this.#endNow();
    process.off('exit', this.#onExit);
  }

  #endNow() {
    for (const child of this.#children.keys()) child.kill('SIGKILL');
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }

  #show(args, behind = '') {
    this.#say(`$ adastra ${args.map(shellWord).join(' ')}${behind}`);
  }

  /** In a group of its own: Ctrl-C on the terminal is ours to pass on. */
  #spawn(args) {
    if (this.#isOver) throw new DemoFailure('interrupted');
    const { ADASTRA_DATA: _data, ...env } = process.env;
    const child = spawn(process.execPath, [ADASTRA, ...args], {
      cwd: this.path,
      env: { ...env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const text = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (block) => (text.out += block));
    child.stderr.setEncoding('utf8').on('data', (block) => (text.err += block));
    const ended = new Promise((resolve) => {
      child.on('error', ({ message }) => resolve({ code: null, out: '', err: message }));
      child.on('close', (code) => {
        this.#children.delete(child);
        resolve({ code, ...text });
      });
    });
    this.#children.set(child, ended);
    return { child, ended, text };
  }

  #check(args, { code, err }, exit) {
    if (code === exit) return;
    const what = `adastra ${args.map(shellWord).join(' ')}`;
    throw new DemoFailure(`${what} ended with ${code} instead of ${exit}: ${err.trim()}`);
  }
}

/** Text as one word of a POSIX shell. */
function shellWord(text) {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function after(ms, message) {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new DemoFailure(`${message} after ${ms} ms`)), ms).unref();
  });
}
