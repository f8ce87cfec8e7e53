/**
 * One node, the model beside it and the witness over it: hands commits to both and notes what
 * everybody must see. `forked` is the same on a copy of the disk, for what a node does not survive;
 * `afterCrash` judges what a crash leaves.
 */
import { AdastraError, Prng, type Value } from '../../src/core/index.ts';
import { type Engine, openEngine, replayVerify, resolveOptions } from '../../src/engine/index.ts';
import { type CrashMode, type MemoryEnv, memoryEnv } from '../../src/env/memory/index.ts';
import { MemoryFileSystem } from '../../src/env/memory/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import type { AnyOperation } from '../../src/store/operations/index.ts';
import { OPERATIONS, SETUP } from './calls.ts';
import { type Call, type Effect, Model, type Refusal } from './model.ts';
import { PlantedFault, Steps, stepwise } from './steps.ts';
import { JOURNAL, Witness } from './witness.ts';

const DATA = '/data/inventory';
const CRYPTO = new NodeCrypto();

type Effects = readonly Effect[];

/** What became of one commit, as its caller learned. */
export interface Answer {
  /** Absent where it was committed. */
  readonly code: string | undefined;
  /** The call that the refusal names. */
  readonly operationIndex: number | undefined;
  /** Whether what was planted is what it was refused for. */
  readonly isPlanted: boolean;
}

/** A commit on its way. */
export interface Submitted {
  /** What it does by the model, nothing included; `undefined` where it is to be refused. */
  readonly effects: Effects | undefined;
  readonly refusal: Refusal | undefined;
  /** Whether the planted step was come to. */
  readonly hasFailed: boolean;
  readonly answer: Promise<Answer>;
}

/** Operations as the node gets them: a planted node changes them. */
export type Spoil = (operation: AnyOperation) => AnyOperation;

interface Opened {
  readonly env: MemoryEnv;
  readonly engine: Engine;
  readonly steps: Steps;
}

export class Trial {
  readonly env: MemoryEnv;
  readonly engine: Engine;
  /** What is to be visible. */
  readonly commits: Effects[] = [];
  readonly #steps: Steps;
  readonly #modelSteps = new Steps();
  readonly #witness: Witness;
  /** With everything that was submitted and not refused. */
  readonly #submitted: Model;
  readonly #visible: Model;

  private constructor({ env, engine, steps }: Opened, commits: readonly Effects[]) {
    this.env = env;
    this.engine = engine;
    this.#steps = steps;
    this.#submitted = new Model(OPERATIONS.map((one) => stepwise(one, this.#modelSteps)));
    this.#visible = new Model([]);
    this.publish(commits);
    this.forget();
    this.#witness = new Witness(engine, commits.length);
  }

  /** A new world with the goods and containers of `SETUP`. */
  static async begin(seed: number, spoil?: Spoil): Promise<Trial> {
    const trial = new Trial(await openNode(new MemoryFileSystem(), seed, spoil), []);
    const { effects, answer } = trial.submit(SETUP);
    trial.publish([effects]);
    await answer;
    return trial;
  }

  get fs(): MemoryFileSystem {
    return this.env.fs as MemoryFileSystem;
  }

  get #state(): ReadonlyMap<string, Value> {
    return this.#visible.state;
  }

  /** Hands over one commit; step `failAt` of it fails. */
  submit(calls: readonly Call[], failAt?: number): Submitted {
    this.#modelSteps.arm(failAt);
    const attempt = this.#submitted.attempt(calls);
    const hasFailed = this.#modelSteps.hasFailed;
    this.#steps.arm(failAt);
    // All of it runs in this turn, so the next commit may arm other steps.
    const answer = answerOf(this.engine.commit({ operations: calls }));
    this.#steps.arm();
    if ('refusal' in attempt) {
      return { effects: undefined, refusal: attempt.refusal, hasFailed, answer };
    }
    this.#submitted.apply(attempt.effects);
    return { effects: attempt.effects, refusal: undefined, hasFailed, answer };
  }

  /** These are to be visible from now on. */
  publish(commits: readonly (Effects | undefined)[]): void {
    for (const effects of commits) {
      if (effects === undefined || effects.length === 0) continue;
      this.commits.push(effects);
      this.#visible.apply(effects);
    }
  }

  /** What was submitted and is not visible never happened. */
  forget(): void {
    this.#submitted.state.clear();
    for (const [key, value] of this.#state) this.#submitted.state.set(key, value);
  }

  /** What is wrong with what readers see at this moment. */
  glance(): string[] {
    return this.#witness.glance(this.#state);
  }

  /** What is wrong with what anybody sees. */
  look(): Promise<string[]> {
    return this.#witness.look(this.commits, this.#state);
  }

  /** The same node, opened on what a kill would leave of its disk now. */
  async forked(seed: number): Promise<Trial> {
    return new Trial(await openNode(this.fs.crash({ mode: 'kill' }), seed), this.commits);
  }

  /**
   * What is wrong on the disk that a crash leaves: there must be what was visible, then a beginning
   * of `maybe`, at least `acknowledged` of it; everybody must show the same, and replay make it.
   */
  async afterCrash(
    mode: CrashMode,
    { seed, maybe, acknowledged = 0 }: Aftermath,
  ): Promise<{ readonly found: string[]; readonly kept: number }> {
    const opened = await openNode(this.fs.crash({ mode, rng: new Prng(seed) }), seed);
    const possible = [...this.commits, ...maybe.filter((effects) => effects.length > 0)];
    const length = await logLength(opened.engine);
    const kept = length - this.commits.length;
    const after = new Trial(opened, possible.slice(0, length));
    const found = await after.look();
    if (kept < acknowledged) found.push(`${acknowledged} commits were acknowledged, ${kept} are`);
    if (length > possible.length) found.push(`${length} commits are there, not submitted`);
    const { stateHash } = await after.engine.hashes();
    await after.engine.close();
    const replayed = replayVerify(after.env, DATA);
    if (!replayed.matches || replayed.stateHash !== stateHash) {
      found.push(`replay makes ${replayed.stateHash}, the node had ${stateHash}`);
    }
    return { found: found.map((text) => `after ${mode}: ${text}`), kept };
  }
}

/** What a crash may leave. */
export interface Aftermath {
  readonly seed: number;
  /** What was on its way, in order. */
  readonly maybe: readonly Effects[];
  /** How many of these must be there. */
  readonly acknowledged?: number;
}

async function openNode(fs: MemoryFileSystem, seed: number, spoil?: Spoil): Promise<Opened> {
  const env = memoryEnv({ seed, crypto: CRYPTO, fileSystem: fs });
  const steps = new Steps();
  const stepping = OPERATIONS.map((operation) => stepwise(operation, steps));
  const operations = spoil === undefined ? stepping : stepping.map(spoil);
  const options = resolveOptions({ dataDir: DATA, operations, projections: [JOURNAL] });
  return { env, engine: await openEngine(env, DATA, options, { create: true }), steps };
}

async function logLength(engine: Engine): Promise<number> {
  let count = 0;
  for await (const { events } of engine.changes({ from: 1, live: false })) {
    if (events.length > 0) count++;
  }
  return count;
}

async function answerOf(promise: Promise<unknown>): Promise<Answer> {
  try {
    await promise;
    return { code: undefined, operationIndex: undefined, isPlanted: false };
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    const { code, details, cause } = error;
    const { operationIndex } = details as { operationIndex?: number };
    return { code, operationIndex, isPlanted: cause instanceof PlantedFault };
  }
}
