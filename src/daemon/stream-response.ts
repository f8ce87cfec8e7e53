/**
 * Answers that are streams and end, written as fast as their reader takes them and no faster:
 * NDJSON, one record a line, and, where it fails on the way, a last line `{"error": …}`. A reader
 * that goes away ends the source; one that takes nothing for `stallMs` is cut off.
 */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { ServerResponse } from 'node:http';
import { knownError, problemOf } from './problem.ts';
import type { Serving, SocketContext } from './serving.ts';

const BLOCK_CHARACTERS = 16 * 1024;

type Source = (signal: AbortSignal) => AsyncIterable<object>;

/** Answers with the records of `source`, one JSON object a line. */
export async function ndjson(
  context: SocketContext,
  serving: Serving,
  source: Source,
): Promise<Response> {
  const stream = new OutgoingStream(context, serving, 'application/x-ndjson');
  await stream.run(
    async (signal) => {
      let block = '';
      for await (const record of source(signal)) {
        block += `${JSON.stringify(record)}\n`;
        if (block.length < BLOCK_CHARACTERS) continue;
        await stream.write(block);
        block = '';
      }
      if (block !== '') await stream.write(block);
    },
    (problem) => `${JSON.stringify({ error: problem })}\n`,
  );
  return RESPONSE_ALREADY_SENT;
}

/** Thrown inside to leave a stream whose reader has gone. */
class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** One answer that is being written. */
class OutgoingStream {
  readonly #response: ServerResponse;
  readonly #serving: Serving;
  readonly #controller = new AbortController();
  readonly #leave: () => void;
  #isGone = false;

  constructor({ env }: SocketContext, serving: Serving, type: string) {
    this.#leave = serving.admission.enterStream();
    this.#serving = serving;
    this.#response = env.outgoing;
    this.#response.once('close', this.#onClose);
    serving.stopping.addEventListener('abort', this.#onStop, { once: true });
    this.#response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' });
    this.#response.flushHeaders();
    if (serving.stopping.aborted) this.#onStop();
  }

  readonly #onClose = (): void => {
    this.#isGone = true;
    this.#controller.abort();
  };

  readonly #onStop = (): void => this.#controller.abort();

  /** Runs `fill` and ends the answer however it goes. */
  async run(
    fill: (signal: AbortSignal) => Promise<void>,
    failure: (problem: object) => string,
  ): Promise<void> {
    try {
      await fill(this.#controller.signal);
    } catch (error) {
      if (!this.#isGone) this.#tell(error, failure);
    } finally {
      this.#serving.stopping.removeEventListener('abort', this.#onStop);
      this.#response.off('close', this.#onClose);
      this.#leave();
      this.#response.end();
    }
  }

  #tell(thrown: unknown, failure: (problem: object) => string): void {
    const { error, isFault } = knownError(thrown);
    if (isFault) this.#serving.logger?.error(`a stream failed: ${String(thrown)}`);
    this.#response.write(failure(problemOf(error)));
  }

  /** Resolves when the reader can take more. */
  async write(text: string): Promise<void> {
    if (this.#isGone) throw new ReaderGone();
    const isRoom = this.#response.write(text);
    if (!isRoom) await this.#drained();
    // A source that never waits must not keep everybody else waiting.
    else await new Promise((resolve) => setImmediate(resolve));
    if (this.#isGone) throw new ReaderGone();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const stall = setTimeout(() => this.#response.destroy(), this.#serving.stallMs);
      const done = (): void => {
        clearTimeout(stall);
        this.#response.off('drain', done);
        this.#response.off('close', done);
        resolve();
      };
      this.#response.once('drain', done);
      this.#response.once('close', done);
    });
  }
}
