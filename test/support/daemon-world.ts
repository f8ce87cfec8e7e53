/**
 * A write daemon and read daemons as processes, clients of all of them, kills in turn, and what is
 * left in the end as plain evidence: what clients were answered, what each daemon's log holds, what
 * each says that its state is. `judge` is the verdict over the evidence.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Commit, Prng } from '../../src/core/index.ts';
import { recordOfJson } from '../../src/remote/record-json.ts';
import { OPERATIONS, randomCommit, SETUP } from '../atomicity/calls.ts';
import { checkHistory } from '../linearizability/checker.ts';
import { type Logged, type Operation, Recorder } from '../linearizability/history.ts';
import { HttpActor, type Place } from '../linearizability/http-actor.ts';
import type { DaemonProcess } from './daemon-process.ts';
import { HttpAsker } from './http-ask.ts';
import { inventoryFaults } from './inventory.ts';
import { effectsText } from './value-text.ts';

const KEYS = [
  'supply/flour',
  'balance/mill/flour',
  'balance/shop/salt',
  'item/oven',
  'slot/mill/0',
];
const PREFIXES = ['balance/', 'slot/', 'item/', 'balance/mill/'];
/** How long a client asks again while the writer is away. */
const PATIENCE_MS = 60_000;

export interface DaemonState {
  readonly seq: number;
  readonly stateHash: string;
  readonly contentHash: string;
}

/** All that is known in the end. */
export interface Evidence {
  readonly operations: readonly Operation[];
  /** What actors found contradictory at once. */
  readonly contradictions: readonly string[];
  /** The writer first. */
  readonly states: ReadonlyMap<string, DaemonState>;
  readonly logs: ReadonlyMap<string, readonly Logged[]>;
  readonly entries: readonly (readonly [string, never])[];
}

export class DaemonWorld {
  /** The writer first. */
  readonly daemons: DaemonProcess[];
  readonly recorder: Recorder = new Recorder(() => performance.now());
  readonly #places = new Map<string, Place>();
  readonly #actors: HttpActor[] = [];
  readonly #asker = new HttpAsker();
  #working: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(daemons: readonly DaemonProcess[]) {
    this.daemons = [...daemons];
  }

  /** One more, before work begins. */
  add(daemon: DaemonProcess): void {
    this.daemons.push(daemon);
  }

  get #writer(): string {
    return (this.daemons[0] as DaemonProcess).name;
  }

  /** Starts one, for the first time or again; it is ready then. */
  async start(daemon: DaemonProcess): Promise<void> {
    await daemon.start();
    this.#places.set(daemon.name, { at: daemon.place, run: daemon.runs });
  }

  /** Goods and containers; then `clients` work until `end`. */
  async work(clients: number, seed: number): Promise<void> {
    const founder = this.#actor('founder');
    await founder.commit(SETUP);
    this.#working = Promise.all(
      Array.from({ length: clients }, (_none, index) =>
        this.#act(this.#actor(`client-${index}`), new Prng(seed * 1000 + index)),
      ),
    );
  }

  /** Clients finish what they are at. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#working;
    for (const actor of this.#actors) actor.close();
  }

  /** What everybody holds once the readers have caught up with the writer. */
  async evidence(): Promise<Evidence> {
    const states = new Map<string, DaemonState>();
    const logs = new Map<string, readonly Logged[]>();
    let head: number | undefined;
    for (const { name } of this.daemons) {
      const headers: Record<string, string> =
        head === undefined ? {} : { 'x-min-seq': String(head), 'x-wait-ms': '60000' };
      const { text } = await this.#asker.ask(this.#placeOf(name), { path: '/v1/hashes', headers });
      const state = JSON.parse(text) as DaemonState;
      states.set(name, state);
      head ??= state.seq;
      logs.set(name, await this.#logOf(name));
    }
    const entries = await this.#entries();
    this.#asker.close();
    return {
      operations: this.recorder.operations,
      contradictions: this.#actors.flatMap(({ found }) => found),
      states,
      logs,
      entries,
    };
  }

  async #act(actor: HttpActor, prng: Prng): Promise<void> {
    while (!this.#isOver) {
      const dice = prng.float();
      if (dice < 0.5) {
        const calls = randomCommit(prng);
        const outcome = await actor.commit(calls);
        if (prng.chance(0.05)) await actor.again(calls, outcome);
      } else {
        const daemon = this.daemons[prng.below(this.daemons.length)] as DaemonProcess;
        const wanted = prng.chance(0.3) ? actor.lastSeq : undefined;
        const before = this.recorder.operations.length;
        if (dice < 0.8) await actor.read(daemon.name, one(prng, KEYS), wanted);
        else await actor.scan(daemon.name, one(prng, PREFIXES), wanted);
        // Nobody is there: not a busy loop.
        if (this.recorder.operations.length === before) await sleep(20);
      }
    }
  }

  #actor(name: string): HttpActor {
    const { recorder } = this;
    const options = { name, recorder, places: this.#places, writer: this.#writer };
    const actor = new HttpActor({ ...options, patienceMs: PATIENCE_MS });
    this.#actors.push(actor);
    return actor;
  }

  #placeOf(name: string): string {
    return (this.#places.get(name) as Place).at;
  }

  async #logOf(name: string): Promise<Logged[]> {
    const { text } = await this.#asker.ask(this.#placeOf(name), { path: '/v1/commits?from=1' });
    return linesOf(text).map((line) => loggedOf(recordOfJson(line) as unknown as Commit));
  }

  async #entries(): Promise<[string, never][]> {
    const { text } = await this.#asker.ask(this.#placeOf(this.#writer), { path: '/v1/entries' });
    return linesOf(text).map((line) => {
      const { key, value } = recordOfJson(line);
      return [key as string, value as never];
    });
  }
}

/** Everything that is wrong with the evidence; `writer` names who takes commits. */
export function judge(evidence: Evidence, writer: string): string[] {
  const { operations, contradictions, states, logs, entries } = evidence;
  const found = [...contradictions, ...inventoryFaults(entries)];
  const own = states.get(writer) as DaemonState;
  for (const [name, { seq, stateHash, contentHash }] of states) {
    if (seq !== own.seq || stateHash !== own.stateHash || contentHash !== own.contentHash) {
      found.push(`${name} is at ${seq} ${stateHash}, ${writer} at ${own.seq} ${own.stateHash}`);
    }
  }
  const log = logs.get(writer) as readonly Logged[];
  const wanted = logText(log);
  for (const [name, one] of logs) {
    if (logText(one) !== wanted) found.push(`the log of ${name} is not that of ${writer}`);
  }
  return [...found, ...checkHistory({ operations, log, model: OPERATIONS, writer })];
}

function logText(log: readonly Logged[]): string {
  return log
    .map(({ seq, commandId, effects }) => `${seq} ${commandId} ${effectsText(effects)}`)
    .join('\n');
}

function loggedOf({ seq, commandId, events }: Commit): Logged {
  return { seq, commandId, effects: events.map(({ key, value }) => [key, value] as const) };
}

function linesOf(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

function one<T>(prng: Prng, list: readonly T[]): T {
  return list[prng.below(list.length)] as T;
}
