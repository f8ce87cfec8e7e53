/**
 * Group commit. While one flush runs, the next batch gathers; one flush then makes all of it
 * durable. A flush blocks the event loop only when a single commit waits and flushes are measured
 * to be quick; otherwise it runs in the background. The flusher decides when batches go to the log
 * and tells the lane what became of them; it never looks into one.
 */
import { AdastraError, type Durability } from '../../core/index.ts';
import type { Env, Timer } from '../../env/index.ts';
import type { AppendOutcome, CommitLog, SyncMode } from '../../wal/index.ts';
import type { PendingBatch } from './pending-batch.ts';

/** Where batches come from and what is done with their fate. */
export interface FlushTarget {
  /** Ends the batch being gathered and gives it; `undefined` if there is nothing. */
  seal(): PendingBatch | undefined;
  /** Whether `seal` would give one. */
  hasGathered(): boolean;
  /** The batch is written, and others follow before it is flushed. */
  written(batch: PendingBatch): void;
  /** The batch is in the log at its level: publish it, answer. */
  committed(batch: PendingBatch): void;
  /** Nothing of these batches happened (rejected) or nobody knows (unknown): drop, answer. */
  failed(batches: readonly PendingBatch[], error: AdastraError): void;
}

export interface FlushSettings {
  /** Milliseconds after which a write at level `interval` is synced. */
  readonly intervalMs: number;
  /** Whether a lone commit may be flushed by a blocking call. */
  readonly blockingFlush: boolean;
}

/** A flush below this mean duration may block the event loop. */
const FAST_SYNC_MS = 0.3;
/** Weight of the newest flush in the mean. */
const SYNC_WEIGHT = 0.2;
/** A writer idle for so long notes how far the log is synced, for readers in other processes. */
const IDLE_MARK_MS = 100;

export class Flusher {
  readonly #env: Env;
  readonly #log: CommitLog;
  readonly #target: FlushTarget;
  readonly #settings: FlushSettings;
  /** Sealed and not yet written. */
  #queue: PendingBatch[] = [];
  #scheduled = false;
  #turns = 0;
  /** A background flush runs. */
  #busy = false;
  #intervalTimer: Timer | undefined = undefined;
  #markTimer: Timer | undefined = undefined;
  #lastWriteMs = 0;
  /** How long the flush of a lone commit takes: a moving average in ms. */
  #syncMsMean = 0;
  #waiting: ((error?: AdastraError) => void)[] = [];
  #stopped = false;

  constructor(env: Env, log: CommitLog, target: FlushTarget, settings: FlushSettings) {
    this.#env = env;
    this.#log = log;
    this.#target = target;
    this.#settings = settings;
  }

  /** Whether nothing is queued, running or scheduled. */
  get idle(): boolean {
    return !this.#busy && !this.#scheduled && this.#queue.length === 0;
  }

  /** Names this turn of the event loop where a flush begins when it is over; else 0. */
  get turn(): number {
    return this.#scheduled ? this.#turns : 0;
  }

  /** Something was gathered: flush it when this turn of the event loop is over. */
  schedule(): void {
    if (this.#scheduled || this.#busy) return;
    this.#scheduled = true;
    this.#turns += 1;
    this.#env.timers.soon(this.#run);
  }

  /**
   * The gathering batch is full: set it in line; write it now if nothing has to wait for a sync.
   */
  enqueue(batch: PendingBatch): void {
    this.#queue.push(batch);
    if (!this.#busy && this.#queue.every((queued) => queued.level === 'os')) this.#flush();
    else this.schedule();
  }

  /** Makes everything admitted so far durable; `done` with an error if that failed. */
  flush(done: (error?: AdastraError) => void): void {
    this.#waiting.push(done);
    this.schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#intervalTimer?.cancel();
    this.#markTimer?.cancel();
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    if (this.#busy || this.#stopped) return;
    const sealed = this.#target.seal();
    if (sealed !== undefined) this.#queue.push(sealed);
    this.#flush();
  };

  #flush(): void {
    const batches = this.#queue;
    const waiting = this.#waiting;
    if (batches.length === 0 && waiting.length === 0) return;
    this.#queue = [];
    this.#waiting = [];
    const mode = this.#modeFor(batches, waiting.length > 0);
    for (let index = 0; index < batches.length; index++) {
      if ((batches[index] as PendingBatch).builder.isEmpty) continue;
      const last = index === batches.length - 1;
      const outcome = this.#write(index, last ? mode : 'none', batches, waiting);
      if (outcome === 'failed' || outcome === 'background') return;
    }
    this.#settle(batches, waiting, mode);
  }

  /** Writes one batch; for a background sync the rest is done when it ends. */
  #write(
    index: number,
    mode: SyncMode,
    batches: readonly PendingBatch[],
    waiting: ((error?: AdastraError) => void)[],
  ): 'written' | 'failed' | 'background' {
    const batch = batches[index] as PendingBatch;
    this.#lastWriteMs = this.#env.clock.monoMs();
    let result: AppendOutcome | undefined;
    this.#busy = true;
    this.#log.append(batch.firstSeq, batch.builder, mode, (outcome) => {
      this.#busy = false;
      if (mode !== 'none' && batch.commits.length === 1) this.#noteSync();
      if (mode !== 'background') result = outcome;
      else if (outcome.kind === 'ok') this.#finish(batches, waiting);
      else this.#failFrom(index, batches, waiting, outcome);
    });
    if (mode === 'background') return 'background';
    if (result?.kind === 'ok') {
      this.#target.written(batch);
      return 'written';
    }
    this.#failFrom(index, batches, waiting, result as AppendOutcome);
    return 'failed';
  }

  /** The batches before `index` are in the log: they stand, if they can be synced (INV-4). */
  #failFrom(
    index: number,
    batches: readonly PendingBatch[],
    waiting: ((error?: AdastraError) => void)[],
    outcome: AppendOutcome,
  ): void {
    const written = batches.slice(0, index);
    const error = errorOf(outcome);
    if (outcome.kind !== 'rejected' || written.every((batch) => batch.builder.isEmpty)) {
      this.#fail(batches, waiting, error);
      return;
    }
    const unflushed = this.#syncNow(written);
    if (unflushed !== undefined) {
      this.#fail(batches, waiting, unflushed);
      return;
    }
    for (const batch of written) {
      if (batch.level === 'interval') this.#armInterval();
      this.#target.committed(batch);
    }
    this.#fail(batches.slice(index), waiting, error);
  }

  /** Makes what was written durable if its level asks for it; gives what failed. */
  #syncNow(written: readonly PendingBatch[]): AdastraError | undefined {
    if (!written.some((batch) => batch.level === 'always')) return undefined;
    let result: AppendOutcome | undefined;
    this.#log.sync('now', (outcome) => {
      result = outcome;
    });
    if (result?.kind === 'ok') return undefined;
    const cause = errorOf(result as AppendOutcome);
    if (cause.code === 'unknown_outcome') return cause;
    const message = 'nobody knows whether it is in the log: it was written and not flushed';
    return new AdastraError('unknown_outcome', message, { cause });
  }

  #noteSync(): void {
    const took = this.#env.clock.monoMs() - this.#lastWriteMs;
    this.#syncMsMean += (took - this.#syncMsMean) * SYNC_WEIGHT;
  }

  /** Everything is written; syncs on its own where the last batch did not. */
  #settle(
    batches: readonly PendingBatch[],
    waiting: ((error?: AdastraError) => void)[],
    mode: SyncMode,
  ): void {
    const lastEmpty =
      batches.length === 0 || (batches[batches.length - 1] as PendingBatch).builder.isEmpty;
    if (mode === 'none' || !lastEmpty) {
      this.#finish(batches, waiting);
      return;
    }
    this.#busy = true;
    this.#log.sync('background', (outcome) => {
      this.#busy = false;
      if (outcome.kind === 'ok') this.#finish(batches, waiting);
      else this.#fail(batches, waiting, errorOf(outcome));
    });
  }

  #finish(batches: readonly PendingBatch[], waiting: ((error?: AdastraError) => void)[]): void {
    let interval = false;
    for (const batch of batches) {
      interval ||= batch.level === 'interval';
      this.#target.committed(batch);
    }
    for (const done of waiting) done();
    if (interval) this.#armInterval();
    this.#armMark();
    this.#continue();
  }

  #fail(
    batches: readonly PendingBatch[],
    waiting: ((error?: AdastraError) => void)[],
    error: AdastraError,
  ): void {
    // Whatever was admitted meanwhile may have seen what failed: it fails with it.
    const later = [...this.#queue];
    this.#queue = [];
    const open = this.#target.seal();
    if (open !== undefined) later.push(open);
    this.#target.failed([...batches, ...later], error);
    for (const done of [...waiting, ...this.#waiting]) done(error);
    this.#waiting = [];
  }

  /** What was gathered while a flush ran found nobody to schedule it. */
  #continue(): void {
    if (this.#queue.length > 0 || this.#waiting.length > 0 || this.#target.hasGathered()) {
      this.schedule();
    }
  }

  #modeFor(batches: readonly PendingBatch[], forced: boolean): SyncMode {
    if (forced) return 'background';
    let commits = 0;
    let always = false;
    for (const batch of batches) {
      commits += batch.commits.length;
      always ||= batch.level === 'always';
    }
    if (!always) return 'none';
    const fast = this.#syncMsMean < FAST_SYNC_MS;
    return this.#settings.blockingFlush && commits === 1 && fast ? 'now' : 'background';
  }

  #armInterval(): void {
    if (this.#intervalTimer !== undefined || this.#stopped) return;
    this.#intervalTimer = this.#env.timers.after(this.#settings.intervalMs, () => {
      this.#intervalTimer = undefined;
      this.flush(() => {});
    });
  }

  #armMark(): void {
    if (this.#markTimer !== undefined || this.#stopped) return;
    this.#markTimer = this.#env.timers.after(IDLE_MARK_MS, () => this.#markWhenIdle());
  }

  #markWhenIdle(): void {
    this.#markTimer = undefined;
    if (this.#stopped) return;
    const idleMs = this.#env.clock.monoMs() - this.#lastWriteMs;
    if (!this.idle || idleMs < IDLE_MARK_MS) this.#armMark();
    else this.#log.writeMark();
  }
}

function errorOf(outcome: AppendOutcome): AdastraError {
  if (outcome.kind === 'rejected' || outcome.kind === 'unknown') return outcome.error;
  throw new Error(`the log answered ${outcome.kind} to its only writer`);
}

/** The level of a write, given by name. */
export function isDurability(value: unknown): value is Durability {
  return value === 'always' || value === 'interval' || value === 'os';
}
