/**
 * One line a request at level `debug`, and the id that finds it: that of the caller's own
 * `x-request-id` where it is a plain word, else one of ours; it goes back with the answer. A line
 * names the route, never the path that came: keys and queries are the callers' own.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../engine/index.ts';
import type { MeteredRoute } from './request-meter.ts';

const HEADER = 'x-request-id';
/** What may stand in a log as it came. Dots, but no underscores: no token is a plain word. */
const PLAIN_WORD = /^[A-Za-z0-9.:-]{1,64}$/;

/** One request that has ended. */
export interface EndedRequest {
  readonly id: string;
  readonly route: MeteredRoute | undefined;
  /** Of a token; `undefined` for callers without one. */
  readonly tokenId: string | undefined;
  /** `undefined` where the client left before it had one. */
  readonly status: number | undefined;
  readonly ms: number;
}

export class RequestLog {
  readonly #logger: Logger | undefined;
  readonly #prefix = randomBytes(4).toString('hex');
  #count = 0;

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  /** Names a request, and its answer. */
  begin({ headers }: IncomingMessage, outgoing: ServerResponse): string {
    const given = headers[HEADER];
    const isPlain = typeof given === 'string' && PLAIN_WORD.test(given);
    const id = isPlain ? given : `${this.#prefix}-${++this.#count}`;
    outgoing.setHeader(HEADER, id);
    return id;
  }

  ended({ id, route, tokenId, status, ms }: EndedRequest): void {
    const { level = 'debug' } = this.#logger ?? {};
    if (this.#logger === undefined || (level !== 'debug' && level !== 'trace')) return;
    const name = route === undefined ? 'no route' : `${route.method} ${route.path}`;
    const took = Math.round(ms * 1000) / 1000;
    this.#logger.debug(`${name}: ${status ?? 'left'} in ${took} ms [${id}]`, {
      event: 'request',
      requestId: id,
      method: route?.method,
      route: route?.path,
      status,
      ms: took,
      tokenId,
    });
  }
}
