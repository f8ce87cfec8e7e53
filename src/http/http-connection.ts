/**
 * The way to a node over HTTP. A call is tried again where that is safe: a read always, a write
 * with a `commandId` because the node gives the first receipt again, anything that the node refused
 * undone or that never went out. Three outcomes are kept apart: it was done (an answer), it was not
 * done (an error), nobody can tell (`unknown_outcome`), also when a later try is refused for a
 * reason that says nothing about an earlier one.
 */
import { AdastraError } from '../core/index.ts';
import type { Connection, RemoteCall } from '../remote/index.ts';
import { type AnswerFreshness, freshnessOf } from './answer-freshness.ts';
import { type Ending, Endings } from './ending.ts';
import { Exchange, type OutgoingRequest } from './exchange.ts';
import { Failure } from './failure.ts';
import { type HttpClientOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { type Platform, webPlatform } from './platform.ts';
import { Retry } from './retry.ts';

/** A node says something every 15 s on a live stream. */
const IDLE_MS = 45_000;

export class HttpConnection implements Connection {
  /** Of the last answer. */
  freshness: AnswerFreshness | undefined;
  readonly #platform: Platform;
  readonly #options: ResolvedOptions;
  readonly #endings: Endings;

  constructor(platform: Platform, options: ResolvedOptions, endings: Endings) {
    this.#platform = platform;
    this.#options = options;
    this.#endings = endings;
  }

  get isClosed(): boolean {
    return this.#endings.isClosed;
  }

  /** Ends everything that is under way, of every connection with the same endings. */
  close(): void {
    this.#endings.close();
  }

  /** When one call, or one live stream, is tried again; `withinMs` where its caller waits less. */
  retry(withinMs: number = Number.POSITIVE_INFINITY): Retry {
    return new Retry(this.#platform, Math.min(this.#options.retryMs, withinMs));
  }

  async call(call: RemoteCall): Promise<unknown> {
    const ending = this.#endings.begin(call.signal);
    try {
      return await this.#repeat(call, ending, async (exchange) => parse(await exchange.text()));
    } finally {
      ending.leave();
    }
  }

  /** Ends where nothing comes for `call.timeoutMs`, default 45 s. */
  async *open(call: RemoteCall): AsyncGenerator<Uint8Array, void, undefined> {
    const ending = this.#endings.begin(call.signal);
    let exchange: Exchange | undefined;
    try {
      exchange = await this.#repeat(call, ending, async (one) => one);
      yield* exchange.chunks(call.timeoutMs ?? IDLE_MS);
    } catch (thrown) {
      throw ending.error() ?? (thrown instanceof Failure ? thrown.error : thrown);
    } finally {
      exchange?.end();
      ending.leave();
    }
  }

  /** Resolves after `ms`; throws `aborted`, `closed`. */
  async pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const ending = this.#endings.begin(signal);
    try {
      await this.#wait(ms, ending);
      const ended = ending.error();
      if (ended !== undefined) throw ended;
    } finally {
      ending.leave();
    }
  }

  async #repeat<T>(
    call: RemoteCall,
    ending: Ending,
    take: (exchange: Exchange) => Promise<T>,
  ): Promise<T> {
    const retry = this.retry(call.timeoutMs);
    let isUnknown = false;
    for (;;) {
      const exchange = new Exchange(this.#platform, this.#requestOf(call), ending);
      try {
        this.freshness = freshnessOf(await exchange.begin());
        return await take(exchange);
      } catch (thrown) {
        exchange.end();
        if (!(thrown instanceof Failure)) throw thrown;
        isUnknown ||= call.isWrite === true && thrown.kind === 'lost';
        const waitMs = mayRepeat(call, thrown) ? retry.next(thrown.waitMs) : undefined;
        if (waitMs !== undefined) await this.#wait(waitMs, ending);
        const ended = ending.error();
        if (ended !== undefined) throw isUnknown && this.isClosed ? unknown(ended) : ended;
        if (waitMs !== undefined) continue;
        throw isUnknown && !thrown.isDecided ? unknown(thrown.error) : thrown.error;
      }
    }
  }

  /** Over sooner where the call ends. */
  async #wait(ms: number, ending: Ending): Promise<void> {
    if (ending.error() !== undefined) return;
    await new Promise<void>((resolve) => {
      const callOff = this.#platform.after(ms, resolve);
      ending.onEnd = () => {
        callOff();
        resolve();
      };
    });
    ending.onEnd = undefined;
  }

  #requestOf(call: RemoteCall): OutgoingRequest {
    const { base, token, minSeq, minSeqWaitMs } = this.#options;
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    return {
      url: `${base}${call.path}`,
      method: call.method,
      headers: {
        ...(minSeq === undefined
          ? {}
          : { 'x-min-seq': String(minSeq), 'x-wait-ms': String(minSeqWaitMs) }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
      },
      ...(body === undefined ? {} : { body }),
      timeoutMs: this.#timeoutMsOf(call),
    };
  }

  /** What is neither a read nor a write may be long work: its caller has a signal. */
  #timeoutMsOf({ method, isWrite, timeoutMs }: RemoteCall): number | undefined {
    if (timeoutMs !== undefined || (method !== 'GET' && isWrite !== true)) return timeoutMs;
    const { minSeq, minSeqWaitMs } = this.#options;
    return this.#options.timeoutMs + (minSeq === undefined ? 0 : minSeqWaitMs);
  }
}

/** To the node that `options` name. Throws `invalid_options`. */
export function httpConnection(
  options: HttpClientOptions,
  endings: Endings = new Endings(),
): HttpConnection {
  return new HttpConnection(webPlatform(options.fetch), resolveOptions(options), endings);
}

function mayRepeat({ isWrite, body }: RemoteCall, { kind }: Failure): boolean {
  if (kind === 'answered') return false;
  if (kind !== 'lost' || isWrite !== true) return true;
  return body !== undefined && 'commandId' in body && body.commandId !== undefined;
}

/** What is told of a write that may have been done, and may not. */
function unknown(cause: AdastraError): AdastraError {
  return new AdastraError('unknown_outcome', `whether this was done is unknown: ${cause.message}`, {
    hint: 'read what is there, or send it again with the same commandId',
    details: cause.details,
    cause,
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw Failure.lost(new Error('the answer is not JSON', { cause: error }));
  }
}
