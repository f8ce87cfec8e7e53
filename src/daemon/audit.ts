/**
 * What was refused, for whoever looks after the server: the meter counts each reason, and the log
 * has a line for each of the first few in a minute; what comes beyond is summed up in one line. So
 * nobody can fill a disk by being turned away. Lines hold no token, no body and no more than a
 * short piece of what was sent.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { AdastraError, ErrorCode } from '../core/index.ts';
import type { Logger } from '../engine/index.ts';
import { remoteAddress } from './connections.ts';
import type { RequestMeter } from './request-meter.ts';

/** Lines of one window. */
export const AUDIT_LINES_MAX = 20;
/** One window. */
export const AUDIT_WINDOW_MS = 60_000;
const PATH_CHARACTERS_MAX = 120;

/** Codes that say nothing of the data: who asks may not, or the node takes no more. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unauthenticated',
  'forbidden',
  'misdirected',
  'limit_exceeded',
  'overloaded',
  'closed',
]);

export class Audit {
  readonly #logger: Logger | undefined;
  readonly #meter: RequestMeter;
  readonly #now: () => number;
  #windowStart = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #silent = 0;

  /** `now`: milliseconds that never go back. */
  constructor(
    logger: Logger | undefined,
    meter: RequestMeter,
    now: () => number = () => performance.now(),
  ) {
    this.#logger = logger;
    this.#meter = meter;
    this.#now = now;
  }

  /** Notes an answer of the application, if it is a refusal. */
  answered(error: AdastraError, incoming: IncomingMessage): void {
    if (REFUSALS.has(error.code)) this.refused(error, incoming);
  }

  /** A request that was turned away. */
  refused(error: AdastraError, incoming: IncomingMessage): void {
    const { method = '', url = '', socket } = incoming;
    const [path = ''] = url.split('?', 1);
    this.#note(error.code, socket, `${method} ${shown(path)}: ${error.code}`);
  }

  /** What was cut off before it was a request. */
  broken(error: AdastraError, socket: Socket): void {
    this.#note(error.code, socket, `no request: ${error.code}, ${shown(error.message)}`);
  }

  /** A connection that had no place. */
  turnedAway(limitName: string, address: string): void {
    this.#line(limitName, `refused ${address} a connection: ${limitName}`);
  }

  #note(reason: string, socket: Socket, what: string): void {
    this.#line(reason, `refused ${remoteAddress(socket) || 'a connection'} ${what}`);
  }

  #line(reason: string, line: string): void {
    this.#meter.refuse(reason);
    const now = this.#now();
    if (now - this.#windowStart >= AUDIT_WINDOW_MS) this.#nextWindow(now);
    if (this.#lines >= AUDIT_LINES_MAX) {
      this.#silent += 1;
      return;
    }
    this.#lines += 1;
    this.#logger?.warn(line, { event: 'refused', reason });
  }

  #nextWindow(now: number): void {
    if (this.#silent > 0)
      this.#logger?.warn(`refused ${this.#silent} more, not listed`, {
        event: 'refused',
        count: this.#silent,
      });
    this.#windowStart = now;
    this.#lines = 0;
    this.#silent = 0;
  }
}

/** One line of plain characters, short. */
function shown(text: string): string {
  const plain = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return plain.length <= PATH_CHARACTERS_MAX ? plain : `${plain.slice(0, PATH_CHARACTERS_MAX)}…`;
}
