/**
 * A node at work, with a witness: hands writes to it, notes in a `History` what it promised, and
 * looks through the eyes of a reader whenever asked. What must hold at once (whole commits, in
 * order, nothing before it is submitted; no call without an end) is judged here, the rest after the
 * crash.
 */
import { AdastraError, type PutOptions, type Receipt, type Value } from '../../src/core/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import type { Env } from '../../src/env/index.ts';
import { errorCode } from '../../src/env/index.ts';
import type { MemoryEnv, MemoryFileSystem } from '../../src/env/memory/index.ts';
import { type Effect, FOUNDING, History, type Submitted, stateText } from './history.ts';
import { environment, levelOf, openNode, type Scenario } from './scenario.ts';

/** Codes with which a write may end though it was well formed; each says that it did not happen. */
const REFUSALS = new Set([
  'latched',
  'disk_full',
  'io_error',
  'closed',
  'permission_denied',
  'not_initialized',
]);

/** A call that never ended: all that was runnable ran, and it still waited. */
export class NeverEnded extends Error {}

/** Waits for `promise` as long as anything is runnable (delays are virtual, so this is exact). */
export async function settled<T>(promise: Promise<T>, what: string): Promise<T> {
  let turn: ReturnType<typeof setImmediate> | undefined;
  const idle = new Promise<never>((_, reject) => {
    turn = setImmediate(() => reject(new NeverEnded(`INV-4: ${what} never ended`)));
  });
  try {
    return await Promise.race([promise, idle]);
  } finally {
    clearImmediate(turn);
  }
}

export class Run {
  readonly history: History;
  readonly scenario: Scenario;
  readonly fs: MemoryFileSystem;
  readonly env: Env;
  readonly drive: MemoryEnv;
  engine: Engine | undefined;
  #number = 0;

  constructor(fs: MemoryFileSystem, scenario: Scenario, history: History = new History()) {
    const { env, drive } = environment(fs, scenario.plant);
    this.fs = fs;
    this.scenario = scenario;
    this.env = env;
    this.drive = drive;
    this.history = history;
  }

  /** Opens (and first makes) the node. */
  async open(): Promise<Engine> {
    const engine = await settled(openNode(this.env, this.scenario), 'opening');
    this.engine = engine;
    const { worldId, fingerprint } = await engine.nodeInfo();
    const identity = `${worldId} ${fingerprint}`;
    if (this.history.identity !== undefined && this.history.identity !== identity) {
      this.history.violations.push(`INV-1: the node ${this.history.identity} became ${identity}`);
    }
    this.history.identity = identity;
    // Everything that is there now was made durable by the opening; what is not is gone for good.
    this.history.recovered(this.look());
    return engine;
  }

  /** Closes; when that went well everything acknowledged is durable. */
  async close(): Promise<void> {
    const count = this.history.admitted.length;
    const { engine } = this;
    await settled((engine as Engine).close(), 'close');
    this.engine = undefined;
    if (!this.fs.isFrozen) this.history.flushedThrough(count);
  }

  /** Level of the next write. */
  nextLevel(): Pick<Required<PutOptions>, 'durability'> {
    return { durability: levelOf(this.scenario.level, this.#number++) };
  }

  put(key: string, value: Value, options: PutOptions = {}): Promise<void> {
    const all = { ...this.nextLevel(), ...options };
    const effects: Effect[] = [[key, value]];
    return this.#write(`put ${key}`, effects, all, (engine) => engine.put(key, value, all));
  }

  /** Does nothing where nothing is to be removed. */
  async remove(key: string, options: PutOptions = {}): Promise<void> {
    if (!this.#state().has(key)) return;
    const all = { ...this.nextLevel(), ...options };
    await this.#write(`remove ${key}`, [[key, undefined]], all, (engine) =>
      engine.remove(key, all),
    );
  }

  /** Leaves out removals of what is not there. */
  transact(wanted: readonly Effect[], options: PutOptions = {}): Promise<void> {
    const all = { ...this.nextLevel(), ...options };
    const state = this.#state();
    const effects = wanted.filter(([key, value]) => value !== undefined || state.has(key));
    return this.#write('transact', effects, all, async (engine) => {
      const { receipt } = await engine.writable().transact((tx) => {
        for (const [key, value] of effects) {
          if (value === undefined) tx.remove(key);
          else tx.put(key, value);
        }
      }, all);
      return receipt;
    });
  }

  /** The application's own operation. */
  async move(from: string, to: string, options: PutOptions = {}): Promise<void> {
    const value = this.#state().get(from);
    if (value === undefined) return;
    const all = { ...this.nextLevel(), ...options };
    const operations = [{ op: 'move', args: { from, to } }];
    const effects: Effect[] = [
      [to, value],
      [from, undefined],
    ];
    await this.#write(`move ${from}`, effects, all, (engine) =>
      engine.commit({ ...all, operations }),
    );
  }

  /** A call that must be refused, and not before all that it could have seen is visible (INV-2). */
  async refused(code: string, call: (engine: Engine) => Promise<unknown>): Promise<void> {
    const sees = this.history.admitted.length;
    const found = await this.#codeOf(call);
    if (this.fs.isFrozen || found === 'unknown_outcome' || REFUSALS.has(found ?? '')) return;
    const { violations } = this.history;
    if (found !== code) violations.push(`a write ended with ${found}, not ${code}`);
    if (this.look() < sees) violations.push('INV-2: a refusal left before what it had seen');
  }

  /** The same command again: the first receipt and no second commit. */
  async again(commandId: string, call: (engine: Engine) => Promise<Receipt>): Promise<void> {
    const first = this.history.admitted.find((write) => write.commandId === commandId)?.receipt;
    if (first === undefined) return;
    let receipt: Receipt | undefined;
    await this.#codeOf(async (engine) => {
      receipt = await call(engine);
    });
    if (receipt === undefined) return;
    if (receipt.seq !== first.seq || receipt.stamp !== first.stamp || !receipt.replayed) {
      this.history.violations.push(`command ${commandId} was committed twice`);
    }
  }

  async flush(): Promise<void> {
    const count = this.history.admitted.length;
    const code = await this.#codeOf((engine) => engine.flush());
    if (code === undefined) this.history.flushedThrough(count);
  }

  /** The code that it ended with, if it failed. */
  checkpoint(): Promise<string | undefined> {
    return this.#codeOf((engine) => engine.checkpoint());
  }

  /** Time passes: intervals and idle marks come due. */
  async idle(ms: number): Promise<void> {
    this.drive.timers.advance(ms);
    await settled(Promise.resolve(), 'a moment');
    this.look();
  }

  /** What a reader sees now: whole commits of the history, in order. How many of them. */
  look(): number {
    const { engine, history } = this;
    if (engine === undefined) return history.seen;
    const count = engine.seq - FOUNDING;
    const { violations } = history;
    if (count > history.admitted.length)
      violations.push('INV-2: more is visible than was submitted');
    if (count < history.seen) violations.push(`INV-10: seq went back from ${history.seen}`);
    if (stateText(engine.reads.list()) !== stateText(history.stateAt(count))) {
      violations.push(`INV-2: what is visible at ${count} commits is not their state`);
    }
    history.seen = Math.max(history.seen, count);
    return count;
  }

  /** The state after all that was admitted so far. */
  #state(): Map<string, Value> {
    return this.history.stateAt(this.history.admitted.length);
  }

  async #codeOf(call: (engine: Engine) => Promise<unknown>): Promise<string | undefined> {
    try {
      await settled(call(this.engine as Engine), 'a call');
      return undefined;
    } catch (error) {
      this.judge(error);
      return errorCode(error) ?? 'error';
    }
  }

  async #write(
    label: string,
    effects: readonly Effect[],
    { durability, commandId }: PutOptions,
    call: (engine: Engine) => Promise<Receipt>,
  ): Promise<void> {
    const level = durability as Submitted['level'];
    const write = this.history.submit({ label, effects, level, commandId });
    try {
      const receipt = await settled(call(this.engine as Engine), label);
      this.history.settle(write, 'committed', { receipt });
      this.#acknowledged(write, receipt);
    } catch (error) {
      this.judge(error);
      const code = errorCode(error);
      this.history.settle(write, REFUSALS.has(code ?? '') ? 'refused' : 'unknown', { code });
    }
  }

  #acknowledged(write: Submitted, receipt: Receipt): void {
    const { history } = this;
    const place = history.admitted.indexOf(write) + FOUNDING + 1;
    const { term } = (this.engine as Engine).parts.log;
    if (write.level === 'always') history.durableTerm = Math.max(history.durableTerm, term);
    if (receipt.durability !== write.level) {
      history.violations.push(`a receipt at ${write.level} says ${receipt.durability}`);
    }
    if (receipt.seq === place) return;
    history.violations.push(`INV-10: ${write.label} has seq ${receipt.seq}, not ${place}`);
  }

  /** With the power off anything may be thrown; otherwise only what the surface promises. */
  judge(error: unknown): void {
    const { violations } = this.history;
    if (error instanceof NeverEnded) violations.push(error.message);
    else if (!AdastraError.is(error) && !this.fs.isFrozen) {
      violations.push(`an untyped error: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
}
