/**
 * One client of daemons over real HTTP, which notes all that it asks and is answered. A commit that
 * nobody answered is asked again under its commandId, until somebody does or time is up; then its
 * outcome is unknown.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { valueOfJson } from '../../src/core/index.ts';
import type { Call } from '../atomicity/model.ts';
import { HttpAsker } from '../support/http-ask.ts';
import type { Claim, Outcome, Recorder } from './history.ts';

/** Codes after which the same request may go well a little later. */
const PASSING = new Set(['overloaded', 'closed', 'not_yet', 'unavailable', 'timeout', 'joining']);
const WAIT_MS = 25;

/** An answer to a read. */
interface Told {
  readonly status: number;
  readonly text: string;
  readonly claim: Claim;
  readonly run: number;
}

interface Json {
  readonly [name: string]: unknown;
}

/** Where a daemon is, and which of its runs that is: a follower that starts again may be behind. */
export interface Place {
  readonly at: string;
  readonly run: number;
}

export interface ActorOptions {
  readonly name: string;
  readonly recorder: Recorder;
  /** Where each daemon is; it may move. */
  readonly places: ReadonlyMap<string, Place>;
  /** Who takes commits. */
  readonly writer: string;
  /** How long a commit is asked for again. */
  readonly patienceMs: number;
}

export class HttpActor {
  /** Answers that contradict each other. */
  readonly found: string[] = [];
  /** Seq of the last commit of its own. */
  lastSeq = 0;
  readonly #options: ActorOptions;
  readonly #asker = new HttpAsker();
  #commands = 0;

  constructor(options: ActorOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  close(): void {
    this.#asker.close();
  }

  async commit(calls: readonly Call[]): Promise<Outcome> {
    const { name, recorder, patienceMs } = this.#options;
    const commandId = `${name}-${++this.#commands}`;
    const end = recorder.begin(name);
    const deadline = performance.now() + patienceMs;
    let outcome: Outcome = { kind: 'unknown' };
    while (outcome.kind === 'unknown' && performance.now() < deadline) {
      outcome = await this.#tryCommit(commandId, calls);
      if (outcome.kind === 'unknown') await sleep(WAIT_MS);
    }
    const span = end(outcome.kind !== 'unknown');
    recorder.note({ kind: 'commit', commandId, calls, outcome, ...span });
    if (outcome.kind === 'committed') this.lastSeq = outcome.seq;
    return outcome;
  }

  /** The last command again: once committed, it must get its first answer. */
  async again(calls: readonly Call[], first: Outcome): Promise<void> {
    // What was refused is not remembered: it would be tried anew.
    if (first.kind !== 'committed') return;
    const { name } = this.#options;
    const outcome = await this.#tryCommit(`${name}-${this.#commands}`, calls);
    if (outcome.kind === 'unknown') return;
    if (outcome.kind === 'committed' && outcome.seq === first.seq) return;
    const [was, is] = [JSON.stringify(first), JSON.stringify(outcome)];
    this.found.push(`command ${name}-${this.#commands} was answered ${was}, then ${is}`);
  }

  /** One key; `wanted`: waits until this seq is shown. Nothing where the daemon is not there. */
  async read(daemon: string, key: string, wanted?: number): Promise<void> {
    const end = this.#options.recorder.begin(this.name);
    const answer = await this.#ask(daemon, `/v1/entry?key=${encodeURIComponent(key)}`, wanted);
    if (answer === undefined) return;
    const { status, text, claim, run } = answer;
    const json = JSON.parse(text) as Json;
    if (status !== 200 && json['code'] !== 'not_found') return this.#complain(daemon, status, json);
    const value = status === 200 ? valueOfJson(json['value']) : undefined;
    const asked = { claim, run, ...(wanted === undefined ? {} : { wanted }) };
    this.#options.recorder.note({ kind: 'read', daemon, key, value, ...asked, ...end() });
  }

  async scan(daemon: string, prefix: string, wanted?: number): Promise<void> {
    const end = this.#options.recorder.begin(this.name);
    const path = `/v1/entries?prefix=${encodeURIComponent(prefix)}`;
    const answer = await this.#ask(daemon, path, wanted);
    if (answer === undefined) return;
    const { status, text, claim, run } = answer;
    const lines = text.split('\n').filter((line) => line !== '');
    const rows = lines.map((line) => JSON.parse(line) as Json);
    const odd = rows.find((row) => typeof row['key'] !== 'string');
    if (status !== 200 || odd !== undefined) return this.#complain(daemon, status, odd ?? {});
    const entries = rows.map((row) => [row['key'] as string, valueOfJson(row['value'])] as const);
    const asked = { claim, run, ...(wanted === undefined ? {} : { wanted }) };
    const { recorder } = this.#options;
    recorder.note({ kind: 'scan', daemon, prefix, entries, ...asked, ...end() });
  }

  async #tryCommit(commandId: string, calls: readonly Call[]): Promise<Outcome> {
    const { places, writer } = this.#options;
    const body = { operations: calls, commandId };
    try {
      const asked = { method: 'POST', path: '/v1/commit', body };
      const { text } = await this.#asker.ask((places.get(writer) as Place).at, asked);
      return outcomeOf(JSON.parse(text) as Json);
    } catch {
      return { kind: 'unknown' };
    }
  }

  async #ask(daemon: string, path: string, wanted: number | undefined): Promise<Told | undefined> {
    const headers: Record<string, string> =
      wanted === undefined ? {} : { 'x-min-seq': String(wanted) };
    try {
      const { places } = this.#options;
      const { at, run } = places.get(daemon) as Place;
      const answer = await this.#asker.ask(at, { path, headers });
      const claim = claimOf(answer.headers);
      // Whoever of two runs answered: it counts for neither.
      if (claim === undefined || places.get(daemon)?.run !== run) return undefined;
      return { ...answer, claim, run };
    } catch {
      return undefined;
    }
  }

  /** An answer that is neither the value nor a passing trouble. */
  #complain(daemon: string, status: number, json: Json): void {
    const code = String(json['code'] ?? json['error']);
    if (!PASSING.has(code)) this.found.push(`${daemon} answered ${status} ${code}`);
  }
}

function outcomeOf(json: Json): Outcome {
  const { outcome, seq, changed, code, operationIndex } = json;
  if (outcome === 'committed' && typeof seq === 'number') {
    return { kind: changed === false ? 'unchanged' : 'committed', seq };
  }
  if (outcome !== 'rejected' || PASSING.has(String(code))) return { kind: 'unknown' };
  const index = typeof operationIndex === 'number' ? { operationIndex } : {};
  return { kind: 'refused', code: String(code), ...index };
}

function claimOf(headers: IncomingHttpHeaders): Claim | undefined {
  const number = (name: string): number => Number(headers[name] ?? Number.NaN);
  const claim = {
    seq: number('adastra-seq'),
    logSeq: number('adastra-log-seq'),
    lagCommits: number('adastra-lag-commits'),
    lagMs: number('adastra-lag-ms'),
  };
  return Object.values(claim).some(Number.isNaN) ? undefined : claim;
}
