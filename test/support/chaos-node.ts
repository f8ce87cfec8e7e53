/**
 * Starts test/system/chaos-child.mjs, speaks with it, and keeps what it told: each acknowledged
 * write as soon as its line is there. It may be killed at any moment; a command that it then leaves
 * unanswered rejects.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { NodeOptions } from '../../src/client/index.ts';
import { ROOT } from './repository.ts';

/** Long: a node tells its whole log in one answer. */
const ANSWER_MS = 300_000;

/** One acknowledged operation; a remove of nothing writes nothing. */
export interface Acknowledged {
  readonly node: string;
  readonly number: number;
  readonly run: number;
  readonly origin: string;
  readonly originSeq: number;
  readonly stamp: string;
  readonly seq: number;
  readonly resolved?: boolean;
  readonly writes: readonly AcknowledgedWrite[];
}

export interface AcknowledgedWrite {
  readonly key: string;
  readonly kind: 'put' | 'remove';
  readonly hash: string;
  /** Stamps of the siblings that were there, where the operation looked. */
  readonly seen?: readonly string[];
}

export interface ChaosNodeConfig {
  readonly name: string;
  readonly dataDir: string;
  /** File of the keys and values that it writes. */
  readonly places: string;
  readonly options: Omit<NodeOptions, 'dataDir'>;
  /** Of an invitation: joins first. */
  readonly code?: string | undefined;
  /** Where connections to 127.0.0.1 go instead. */
  readonly cable?: string | undefined;
  /** What runs it, e.g. `ip netns exec NAME`. */
  readonly under?: readonly string[] | undefined;
}

export class ChaosNode {
  readonly name: string;
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
  /** What it logged, for a failed test. */
  readonly log: string[] = [];
  /** What it said of its own end, where it failed by itself. */
  failure: string | undefined;
  /** Whether the work that it was given is done. */
  hasWorked = false;
  #hasEnded = false;
  #text = '';
  #nextId = 1;
  readonly #onAck: (ack: Acknowledged) => void;
  readonly #waiting = new Map<string, (line: string | undefined) => void>();

  constructor(config: ChaosNodeConfig, onAck: (ack: Acknowledged) => void) {
    const { under, ...given } = config;
    const program = join(ROOT, 'test/system/chaos-child.mjs');
    const [command, ...args] = [...(under ?? []), process.execPath, program];
    this.name = config.name;
    this.#onAck = onAck;
    const stdio = ['pipe', 'pipe', 'pipe'] as const;
    const child = spawn(command as string, [...args, JSON.stringify(given)], { stdio: [...stdio] });
    this.process = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.log.push(text));
    child.stdin?.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      child.on('close', () => {
        this.#hasEnded = true;
        for (const answer of [...this.#waiting.values()]) answer(undefined);
        resolve();
      });
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Resolves when the node is open; rejects if it ends before. */
  async open(): Promise<void> {
    await this.#answer('open');
  }

  /** Asks the child; rejects with what it was refused by, or if the process ends. */
  async ask<T = unknown>(command: string, args: object = {}): Promise<T> {
    const id = String(this.#nextId++);
    const answered = this.#answer(id);
    this.process.stdin?.write(`${JSON.stringify({ id, command, ...args })}\n`);
    const { error, value } = JSON.parse(await answered) as { error?: unknown; value?: T };
    if (error !== undefined) throw new Error(`${this.name}: ${command}: ${JSON.stringify(error)}`);
    return value as T;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  #answer(id: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => settle(undefined), ANSWER_MS);
      const settle = (line: string | undefined): void => {
        clearTimeout(late);
        this.#waiting.delete(id);
        if (line !== undefined) resolve(line);
        else
          reject(
            new Error(`${this.name}: no answer: ${this.failure ?? this.log.slice(-5).join('')}`),
          );
      };
      this.#waiting.set(id, settle);
      if (this.#hasEnded) settle(undefined);
    });
  }

  #take(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop() as string;
    for (const line of lines) this.#hear(line);
  }

  #hear(line: string): void {
    const [, word = '', rest = ''] = /^(\w+) ?(.*)$/s.exec(line) ?? [];
    const [, id = '', json = ''] = /^(\d+) (.*)$/s.exec(rest) ?? [];
    if (word === 'ack') this.#onAck({ ...(JSON.parse(rest) as Acknowledged), node: this.name });
    else if (word === 'open') this.#waiting.get('open')?.('{}');
    else if (word === 'worked') this.hasWorked = true;
    else if (word === 'failed') this.failure = rest;
    else if (word === 'done') this.#waiting.get(id)?.(`{"value":${json}}`);
    else if (word === 'refused') this.#waiting.get(id)?.(`{"error":${json}}`);
  }
}
