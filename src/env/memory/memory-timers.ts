/**
 * Timers on virtual time. Driven by hand, nothing runs but in `runSoon`, `advance` and
 * `runUntilIdle`, in one order: everything `soon` first, then timers by time, then by insertion. In
 * mode `auto` what is `soon` is dispatched by `queueMicrotask`, so that code under test can be
 * awaited without a driver; delays still wait for `advance`, unless real timers are given for them.
 * Several of them with one time between them are driven by a `MemoryWorld`.
 */
import { assert } from '../../core/index.ts';
import type { Timer, Timers } from '../env.ts';
import type { MemoryClock } from './memory-clock.ts';

/** How the timers are driven. */
export interface MemoryTimersOptions {
  readonly clock: MemoryClock;
  /** Dispatch `soon` by microtasks; default `false`. */
  readonly auto?: boolean | undefined;
  /** Real timers for `after`; without them delays are virtual. */
  readonly real?: Timers | undefined;
}

interface Waiting {
  readonly dueMs: number;
  readonly fn: () => void;
  isCancelled: boolean;
}

const IDLE_STEPS_MAX = 1_000_000;

/** `Timers` that a test drives. */
export class MemoryTimers implements Timers {
  readonly #clock: MemoryClock;
  readonly #isAuto: boolean;
  readonly #real: Timers | undefined;
  /** Sorted by time, the next one last. */
  #waiting: Waiting[] = [];
  #soon: (() => void)[] = [];
  #isStopped = false;

  constructor(options: MemoryTimersOptions) {
    this.#clock = options.clock;
    this.#isAuto = options.auto ?? false;
    this.#real = options.real;
  }

  after(ms: number, fn: () => void): Timer {
    if (this.#real !== undefined) return this.#real.after(ms, fn);
    const waiting = { dueMs: this.#clock.monoMs() + Math.max(0, ms), fn, isCancelled: false };
    if (!this.#isStopped) this.#waiting.splice(this.#placeFor(waiting.dueMs), 0, waiting);
    return {
      cancel: (): void => {
        waiting.isCancelled = true;
      },
    };
  }

  soon(fn: () => void): void {
    if (this.#isStopped) return;
    this.#soon.push(fn);
    if (this.#isAuto && this.#soon.length === 1) queueMicrotask(() => this.runSoon());
  }

  /** Runs what is `soon` now; what that adds waits for the next call. How many ran. */
  runSoon(): number {
    const batch = this.#soon;
    this.#soon = [];
    for (let at = 0; at < batch.length; at++) this.#runOne(batch, at);
    return batch.length;
  }

  /** The machine is gone: nothing that was asked for, or will be, ever runs. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting = [];
    this.#soon = [];
  }

  /** Whether something is `soon`. */
  get hasSoon(): boolean {
    return this.#soon.length > 0;
  }

  /** Milliseconds until the next timer is due, 0 if it is late; `undefined` if none waits. */
  get nextInMs(): number | undefined {
    while (this.#waiting.at(-1)?.isCancelled === true) this.#waiting.pop();
    const next = this.#waiting.at(-1);
    return next === undefined ? undefined : Math.max(0, next.dueMs - this.#clock.monoMs());
  }

  /** Runs the next timer, due or not, and nothing else. */
  runNext(): void {
    this.#takeDue(Number.POSITIVE_INFINITY)?.fn();
  }

  /** Lets `ms` pass: runs everything that falls due, at its time. */
  advance(ms: number): void {
    const endMs = this.#clock.monoMs() + ms;
    this.#runAllSoon();
    for (let next = this.#takeDue(endMs); next !== undefined; next = this.#takeDue(endMs)) {
      this.#runAt(next);
    }
    if (endMs > this.#clock.monoMs()) this.#clock.advance(endMs - this.#clock.monoMs());
  }

  /** Runs until nothing is soon and nothing waits, jumping through time. How many steps it took. */
  runUntilIdle(): number {
    let steps = this.#runAllSoon();
    for (;;) {
      const next = this.#takeDue(Number.POSITIVE_INFINITY);
      if (next === undefined) return steps;
      steps += 1 + this.#runAt(next);
      assert(steps < IDLE_STEPS_MAX, 'runUntilIdle: timers that renew themselves never end');
    }
  }

  /** A throw must not swallow the rest of the batch. */
  #runOne(batch: (() => void)[], at: number): void {
    let isDone = false;
    try {
      (batch[at] as () => void)();
      isDone = true;
    } finally {
      if (!isDone) {
        for (const fn of batch.slice(at + 1)) this.soon(fn);
      }
    }
  }

  #runAllSoon(): number {
    let count = 0;
    while (this.#soon.length > 0) {
      count += this.runSoon();
      assert(count < IDLE_STEPS_MAX, 'soon that renews itself never ends');
    }
    return count;
  }

  #runAt(waiting: Waiting): number {
    const aheadMs = waiting.dueMs - this.#clock.monoMs();
    if (aheadMs > 0) this.#clock.advance(aheadMs);
    waiting.fn();
    return this.#runAllSoon();
  }

  #takeDue(endMs: number): Waiting | undefined {
    for (;;) {
      const next = this.#waiting[this.#waiting.length - 1];
      if (next === undefined || next.dueMs > endMs) return undefined;
      this.#waiting.pop();
      if (!next.isCancelled) return next;
    }
  }

  /** Before (that is, to run after) all that are due no later. */
  #placeFor(dueMs: number): number {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#waiting[middle] as Waiting).dueMs > dueMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
