/**
 * Requests to the local socket: JSON in, JSON or a stream of bytes out, errors as the
 * `AdastraError` that the node threw. A connection that breaks is `unavailable`, except under a
 * write that was sent: whether that one was done cannot be known, so it is `unknown_outcome`.
 */
import { setMaxListeners } from 'node:events';
import { Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { AdastraError } from '../core/index.ts';
import { type Connection, errorOfProblem, type RemoteCall } from '../remote/index.ts';

const ANSWER_BYTES_MAX = 256 * 1024 * 1024;
const CONNECTIONS_MAX = 64;

/** Connections to one socket. */
export class SocketClient implements Connection {
  readonly #socket: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  readonly #closing = new AbortController();
  #isLost = false;

  constructor(socket: string) {
    this.#socket = socket;
    // One listener for each request under way, which the agent bounds.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Whether nobody answered there the last time. */
  get isLost(): boolean {
    return this.#isLost;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** The answer's JSON. */
  async call(call: RemoteCall): Promise<unknown> {
    const response = await this.#begin(call);
    try {
      return JSON.parse(await textOf(response)) as unknown;
    } catch (error) {
      throw this.#brokenOff(call, error);
    }
  }

  async *open(call: RemoteCall): AsyncGenerator<Uint8Array, void, undefined> {
    const response = await this.#begin(call);
    const abort = (): void => void response.destroy();
    call.signal?.addEventListener('abort', abort, { once: true });
    try {
      yield* response as AsyncIterable<Uint8Array>;
      if (!response.complete) throw new Error('the answer was cut off');
    } catch (error) {
      throw this.#brokenOff(call, error);
    } finally {
      call.signal?.removeEventListener('abort', abort);
      response.destroy();
    }
  }

  /** The answer's head; its body is the caller's to read. Throws what the node answered. */
  async #begin(call: RemoteCall): Promise<IncomingMessage> {
    if (this.isClosed) throw closed();
    const response = await this.#send(call);
    if (response.statusCode === 200 || response.statusCode === 202) return response;
    throw await this.#problemIn(call, response);
  }

  /** Ends everything that is under way; whether a write was done is `unknown_outcome` then. */
  close(): void {
    this.#closing.abort();
    this.#agent.destroy();
  }

  #send(call: RemoteCall): Promise<IncomingMessage> {
    const { method, path, body, signal, timeoutMs, headers } = call;
    if (signal?.aborted === true) return Promise.reject(aborted(signal));
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        socketPath: this.#socket,
        agent: this.#agent,
        method,
        path,
        ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
        headers: { ...headers, ...(text === undefined ? {} : headersOf(text)) },
      });
      const stop = (): void => void request.destroy();
      signal?.addEventListener('abort', stop, { once: true });
      this.#closing.signal.addEventListener('abort', stop, { once: true });
      request.once('close', () => {
        signal?.removeEventListener('abort', stop);
        this.#closing.signal.removeEventListener('abort', stop);
      });
      request.once('timeout', () => request.destroy(new Error('no answer in time')));
      request.once('response', (response) => {
        this.#isLost = false;
        resolve(response);
      });
      request.on('error', (error) => reject(this.#brokenOff(call, error)));
      request.end(text);
    });
  }

  async #problemIn(call: RemoteCall, response: IncomingMessage): Promise<AdastraError> {
    try {
      const error = errorOfProblem(JSON.parse(await textOf(response)));
      if (error !== undefined) return error;
    } catch (error) {
      return this.#brokenOff(call, error);
    }
    const message = `the node answered ${response.statusCode} without a reason`;
    return new AdastraError('unavailable', message);
  }

  /** What a connection that ended too early means. */
  #brokenOff({ isWrite, signal }: RemoteCall, cause: unknown): AdastraError {
    if (signal?.aborted === true) return aborted(signal);
    const isClosed = this.isClosed;
    if (isClosed && isWrite !== true) return closed();
    this.#isLost = !isClosed;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const { code } = cause as NodeJS.ErrnoException;
    const isUnsent = code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'EACCES';
    if (isWrite === true && !isUnsent) {
      return new AdastraError('unknown_outcome', `the node went away under this write: ${reason}`, {
        hint: 'read what is there, or send it again with a commandId',
        cause,
      });
    }
    if (isClosed) return closed();
    return new AdastraError('unavailable', `the running node does not answer: ${reason}`, {
      hint: 'it may have stopped: run the command again',
      cause,
    });
  }
}

function headersOf(text: string): Record<string, string | number> {
  return { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
}

function closed(): AdastraError {
  return new AdastraError('closed', 'the connection to the node was closed');
}

function aborted(signal: AbortSignal): AdastraError {
  return new AdastraError('aborted', 'the signal was aborted', { cause: signal.reason });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const blocks: Buffer[] = [];
  let bytes = 0;
  for await (const block of response as AsyncIterable<Buffer>) {
    bytes += block.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
    blocks.push(block);
  }
  return Buffer.concat(blocks).toString('utf8');
}
