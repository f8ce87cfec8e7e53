/**
 * One request and its answer over `fetch`, once: no retry, and nothing said yet about what a
 * failure means for the caller. Ends when its time is over or its call ends.
 */
import { AdastraError } from '../core/index.ts';
import { errorOfProblem } from '../remote/index.ts';
import type { Ending } from './ending.ts';
import { Failure } from './failure.ts';
import type { BodyReader, FetchAnswer, FetchInit, Platform } from './platform.ts';

const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

/** What is sent. */
export interface OutgoingRequest extends Pick<FetchInit, 'method' | 'headers' | 'body'> {
  readonly url: string;
  /** Until the answer begins, and then between two pieces of it; `undefined`: no limit. */
  readonly timeoutMs: number | undefined;
}

export class Exchange {
  readonly #platform: Platform;
  readonly #request: OutgoingRequest;
  readonly #ending: Ending;
  readonly #controller = new AbortController();
  #answer: FetchAnswer | undefined;
  #isLate = false;

  constructor(platform: Platform, request: OutgoingRequest, ending: Ending) {
    this.#platform = platform;
    this.#request = request;
    this.#ending = ending;
  }

  /** Sends it; gives the answer's head. Throws `Failure` for anything but success. */
  async begin(): Promise<FetchAnswer> {
    const { url, timeoutMs, ...init } = this.#request;
    const { signal } = this.#controller;
    const answer = await this.#within(timeoutMs, () =>
      this.#platform.fetch(url, {
        ...init,
        signal,
        redirect: 'manual',
        credentials: 'omit',
        cache: 'no-store',
      }),
    );
    this.#answer = answer;
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw await this.#refusal(answer);
  }

  /** The answer's body as it comes, with at most `idleMs` between two pieces; throws `Failure`. */
  async *chunks(idleMs: number | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    const reader: BodyReader | undefined = this.#answer?.body?.getReader();
    if (reader === undefined) return;
    for (;;) {
      const { done, value } = await this.#within(idleMs, () => reader.read());
      if (done) return;
      if (value !== undefined) yield value;
    }
  }

  /** The answer's body as text; throws `Failure`. */
  async text(): Promise<string> {
    const decoder = new TextDecoder();
    const parts: string[] = [];
    let bytes = 0;
    for await (const chunk of this.chunks(this.#request.timeoutMs)) {
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX) throw Failure.lost(new Error('the answer is too long'));
      parts.push(decoder.decode(chunk, { stream: true }));
    }
    parts.push(decoder.decode());
    return parts.join('');
  }

  /** Gives up what has not come yet. */
  end(): void {
    this.#controller.abort();
  }

  async #within<T>(timeoutMs: number | undefined, work: () => Promise<T>): Promise<T> {
    this.#ending.onEnd = () => this.end();
    // It may have ended while its caller was busy with what came before.
    if (this.#ending.error() !== undefined) this.end();
    const late = (): void => {
      this.#isLate = true;
      this.end();
    };
    const callOff = timeoutMs === undefined ? undefined : this.#platform.after(timeoutMs, late);
    try {
      return await work();
    } catch (error) {
      throw this.#isLate ? Failure.late(timeoutMs ?? 0) : Failure.broken(error);
    } finally {
      callOff?.();
      this.#ending.onEnd = undefined;
    }
  }

  async #refusal(answer: FetchAnswer): Promise<Failure> {
    const { status } = answer;
    const retryAfter = answer.headers.get('retry-after');
    const error = errorOfProblem(jsonOrNothing(await this.text()));
    if (error !== undefined) return Failure.answered(error, status, retryAfter);
    const bare = new AdastraError('unavailable', `the answer was ${status} without a reason`, {
      hint: 'something between here and the node answered, or it is no adastra node',
      details: { status },
    });
    // Whoever forwards requests says so where the node itself did not answer.
    if (status >= 500) return Failure.lost(bare, retryAfter);
    return Failure.stopped(bare, status === 429, retryAfter);
  }
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
