/**
 * How much the server takes on at once: requests, open streams, bytes of bodies not yet answered.
 * What exceeds a limit is `overloaded`, before anything was read or done, and may be tried again.
 */
import { AdastraError } from '../core/index.ts';

/** Limits of one server. */
export interface AdmissionLimits {
  readonly requestsMax: number;
  readonly streamsMax: number;
  /** Requests that wait for a commit. */
  readonly waitsMax: number;
  /** One body. */
  readonly bodyBytesMax: number;
  /** All bodies that are being read or worked on. */
  readonly bodyBytesTotalMax: number;
  /** Lists and objects inside each other in a body. */
  readonly bodyDepthMax: number;
  /** How long requests in hand may take when the server stops. */
  readonly graceMs: number;
}

/** Commits take up to 8 MiB, and escapes and base64 make JSON longer than what it stands for. */
export const DEFAULT_ADMISSION: AdmissionLimits = {
  requestsMax: 256,
  streamsMax: 64,
  waitsMax: 128,
  bodyBytesMax: 32 * 1024 * 1024,
  bodyBytesTotalMax: 128 * 1024 * 1024,
  bodyDepthMax: 1024,
  graceMs: 10_000,
};

/** Counts of one server. */
export class Admission {
  readonly limits: AdmissionLimits;
  #requests = 0;
  #streams = 0;
  #waits = 0;
  #bodyBytes = 0;

  constructor(limits: AdmissionLimits) {
    this.limits = limits;
  }

  get requests(): number {
    return this.#requests;
  }

  get streams(): number {
    return this.#streams;
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** Counts a request in; the returned function counts it out. */
  enterRequest(): () => void {
    if (this.#requests >= this.limits.requestsMax) throw full('requests', this.limits.requestsMax);
    this.#requests += 1;
    return onceOnly(() => (this.#requests -= 1));
  }

  enterStream(): () => void {
    if (this.#streams >= this.limits.streamsMax) throw full('streams', this.limits.streamsMax);
    this.#streams += 1;
    return onceOnly(() => (this.#streams -= 1));
  }

  /** Those who wait leave room for those who do not. */
  enterWait(): () => void {
    if (this.#waits >= this.limits.waitsMax) throw full('waiting requests', this.limits.waitsMax);
    this.#waits += 1;
    return onceOnly(() => (this.#waits -= 1));
  }

  /** Counts bytes of a body in, which stay counted until `leaveBody` with their sum. */
  addBody(bytes: number): void {
    const { bodyBytesTotalMax } = this.limits;
    if (this.#bodyBytes + bytes > bodyBytesTotalMax) throw full('body bytes', bodyBytesTotalMax);
    this.#bodyBytes += bytes;
  }

  leaveBody(bytes: number): void {
    this.#bodyBytes -= bytes;
  }
}

function onceOnly(leave: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    leave();
  };
}

function full(what: string, limit: number): AdastraError {
  return new AdastraError(
    'overloaded',
    `the node has ${limit} ${what} in hand, which is its limit`,
    {
      hint: 'try again when some of them are answered',
      details: { limitName: what, limit },
    },
  );
}
