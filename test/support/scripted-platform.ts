/**
 * A platform whose `fetch` answers from a script and whose time passes only when nothing else can
 * happen: each wait is over at once, and a request that nobody answers is late at once.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { FetchAnswer, FetchInit, Platform } from '../../src/http/platform.ts';

export interface Asked {
  readonly url: string;
  readonly init: FetchInit;
}

/** One answer: a function of what was asked; it may throw as `fetch` does. */
export type Scripted = (asked: Asked) => FetchAnswer | Promise<FetchAnswer>;

interface Timer {
  readonly atMs: number;
  readonly fn: () => void;
}

export class ScriptedPlatform implements Platform {
  /** What was asked, in order. */
  readonly asked: Asked[] = [];
  /** How long each request came after the one before it, milliseconds. */
  readonly gaps: number[] = [];
  readonly #script: Scripted[];
  readonly #timers = new Set<Timer>();
  #nowMs = 0;
  #lastMs = 0;

  constructor(script: readonly Scripted[]) {
    this.#script = [...script];
  }

  fetch = async (url: string, init: FetchInit): Promise<FetchAnswer> => {
    if (init.signal.aborted) throw init.signal.reason;
    this.asked.push({ url, init });
    this.gaps.push(this.#nowMs - this.#lastMs);
    this.#lastMs = this.#nowMs;
    const next = this.#script.shift();
    if (next === undefined) throw new Error('nothing more is scripted');
    return next({ url, init });
  };

  monoMs(): number {
    return this.#nowMs;
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  random(): number {
    return 0;
  }

  /** What `work` comes to, with time passing as it must. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const watch = async (): Promise<void> => {
      await Promise.allSettled([work]);
      isDone = true;
    };
    void watch();
    for (;;) {
      for (let turns = 0; turns < 5; turns++) await turn();
      if (isDone) return work;
      this.#pass();
    }
  }

  #pass(): void {
    const [first] = [...this.#timers].toSorted((a, b) => a.atMs - b.atMs);
    if (first === undefined) return;
    this.#timers.delete(first);
    this.#nowMs = first.atMs;
    first.fn();
  }
}

/** A whole answer. */
export function answer(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Scripted {
  return () => answerOf(status, [JSON.stringify(body)], headers);
}

/** An answer whose body ends as `end` says: properly, by a break, or not at all. */
export function pieces(parts: readonly string[], end: 'whole' | 'cut' | 'silence'): Scripted {
  return ({ init }) => answerOf(200, parts, {}, { end, signal: init.signal });
}

/** Nobody answers. */
export const silence: Scripted = ({ init: { signal } }) => untilAborted(signal);

/** The connection is refused, or breaks before an answer. */
export function fault(code: string): Scripted {
  return () => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
  };
}

function answerOf(
  status: number,
  parts: readonly string[],
  headers: Record<string, string>,
  ending?: { readonly end: 'whole' | 'cut' | 'silence'; readonly signal: AbortSignal },
): FetchAnswer {
  const waiting = parts.map((part) => new TextEncoder().encode(part));
  const read = async (): ReturnType<
    ReturnType<NonNullable<FetchAnswer['body']>['getReader']>['read']
  > => {
    const value = waiting.shift();
    if (value !== undefined) return { done: false, value };
    if (ending?.end === 'cut') throw new TypeError('terminated');
    if (ending?.end !== 'silence') return { done: true };
    return untilAborted(ending.signal);
  };
  return {
    status,
    headers: { get: (name) => headers[name] ?? null },
    body: { getReader: () => ({ read }) },
  };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
}
