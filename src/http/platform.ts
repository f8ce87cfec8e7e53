/**
 * What the client asks of the place that it runs in, a browser as well as Node: `fetch`, a clock, a
 * timer and a random number. Everything else in this folder takes them from here, so that tests can
 * run it without waiting.
 */

/** What is given to `fetch`. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly redirect: 'manual';
  readonly credentials: 'omit';
  readonly cache: 'no-store';
}

/** What is used of its answer. */
export interface FetchAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): BodyReader } | null;
}

export interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
}

/** The global `fetch` is one. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>;

export interface Platform {
  readonly fetch: Fetch;
  /** Milliseconds of a clock that only goes forward. */
  monoMs(): number;
  /** Calls `fn` after so many milliseconds; the returned function calls it off. */
  after(ms: number, fn: () => void): () => void;
  /** From 0 up to, not including, 1. */
  random(): number;
}

/** Browsers' and Node's; `given` takes the place of the global `fetch`. */
export function webPlatform(given?: Fetch): Platform {
  return {
    // Looked up at each call: programs replace it, tests too.
    fetch: given ?? ((url, init) => globalThis.fetch(url, init)),
    monoMs: () => performance.now(),
    after: (ms, fn) => {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
  };
}
