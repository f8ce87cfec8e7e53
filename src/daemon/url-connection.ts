/**
 * Requests to a node over the network, for a read daemon that follows it: HTTP or HTTPS, with a
 * token. Nothing is tried again here: who follows does that.
 */
import { AdastraError } from '../core/index.ts';
import { type Connection, errorOfProblem, type RemoteCall } from '../remote/index.ts';

export interface UrlConnectionOptions {
  /** `http://host:port` or `https://…`, with a path where a proxy wants one. */
  readonly url: string;
  /** Of role admin: the log holds every key and value. */
  readonly token?: string | undefined;
}

/** Connections to one node. */
export class UrlConnection implements Connection {
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #closing = new AbortController();
  isLost = false;

  /** Throws `invalid_options`. */
  constructor({ url, token }: UrlConnectionOptions) {
    this.#base = baseOf(url);
    this.#token = token;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async call(call: RemoteCall): Promise<unknown> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of this.open(call)) text += decoder.decode(chunk, { stream: true });
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new AdastraError('unavailable', `${this.#base} answers what is no JSON`, { cause });
    }
  }

  async *open(call: RemoteCall): AsyncGenerator<Uint8Array, void, undefined> {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    const timer = setTimeout(end, call.timeoutMs ?? 2 ** 31 - 1);
    for (const signal of [this.#closing.signal, call.signal]) {
      signal?.addEventListener('abort', end, { once: true });
      if (signal?.aborted === true) end();
    }
    try {
      const response = await this.#begin(call, ending.signal);
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        timer.refresh();
        yield chunk;
      }
    } catch (error) {
      throw this.#failure(call, error);
    } finally {
      clearTimeout(timer);
      for (const signal of [this.#closing.signal, call.signal]) {
        signal?.removeEventListener('abort', end);
      }
      end();
    }
  }

  close(): void {
    this.#closing.abort();
  }

  async #begin({ method, path, headers }: RemoteCall, signal: AbortSignal): Promise<Response> {
    const authorization =
      this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    const response = await fetch(this.#base + path, {
      method,
      headers: { ...authorization, ...headers },
      redirect: 'error',
      signal,
    });
    this.isLost = false;
    if (response.status === 200 && response.body !== null) return response;
    const error = errorOfProblem(await response.json().catch(() => undefined));
    throw error ?? new AdastraError('unavailable', `${this.#base} answers ${response.status}`);
  }

  #failure({ signal }: RemoteCall, error: unknown): AdastraError {
    if (AdastraError.is(error)) return error;
    if (this.isClosed) return new AdastraError('closed', 'the connection to the node was closed');
    if (signal?.aborted === true) return new AdastraError('aborted', 'the signal was aborted');
    this.isLost = true;
    const { cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : (error as Error).message;
    return new AdastraError('unavailable', `${this.#base} does not answer: ${reason}`, {
      cause: error,
    });
  }
}

function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isPlain = parsed?.username === '' && parsed.password === '' && parsed.search === '';
  if (parsed === undefined || !isPlain || !/^https?:$/.test(parsed.protocol)) {
    throw new AdastraError('invalid_options', `${url} is not the address of a node`, {
      hint: 'http://host:port or https://host:port; a token comes from ADASTRA_TOKEN',
      details: { option: 'follow' },
    });
  }
  return parsed.href.replace(/\/+$/, '');
}
