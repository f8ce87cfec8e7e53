/**
 * What every request over TCP must be before it is routed: within the limits of its head, meant for
 * this server by name, not sent by a page of a foreign site, and, where it can change something, of
 * a kind that such a page cannot send without asking first. Pages of allowed origins are answered
 * when they ask (CORS), by their exact origin and without credentials.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AdastraError } from '../core/index.ts';
import type { HttpLimits } from './http-limits.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';

export interface GateSettings {
  readonly origins: ReadonlySet<string>;
  readonly limits: Pick<HttpLimits, 'headersMax' | 'urlBytesMax'>;
  /** Told of each request that is turned away. */
  readonly refused: (error: AdastraError, incoming: IncomingMessage) => void;
}

const METHODS = 'GET, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS = 'authorization, content-type, last-event-id, x-min-seq, x-wait-ms';
const ANSWER_HEADERS =
  'adastra-lag-commits, adastra-lag-ms, adastra-log-seq, adastra-seq, retry-after';
const PREFLIGHT_SECONDS = '600';
/** A page can send these to anywhere without asking. */
const FOREIGN_SITES: ReadonlySet<string> = new Set(['cross-site', 'same-site']);

/** A refusal and the status that it is told with, where the code alone says less. */
type Fault = readonly [error: AdastraError, status?: number];

export class Gate {
  /** Every `Host` that means this server; known once it listens. */
  hosts: ReadonlySet<string> = new Set();
  readonly #settings: GateSettings;

  constructor(settings: GateSettings) {
    this.#settings = settings;
  }

  /** Whether the request goes on; where not, it was answered. */
  admits(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
    harden(outgoing);
    const fault = this.#faultOf(incoming);
    if (fault !== undefined) {
      this.#settings.refused(fault[0], incoming);
      refuse(outgoing, ...fault);
      return false;
    }
    const { origin } = incoming.headers;
    if (origin === undefined) return true;
    outgoing.setHeader('access-control-allow-origin', origin);
    outgoing.setHeader('access-control-expose-headers', ANSWER_HEADERS);
    outgoing.setHeader('vary', 'origin');
    if (!isPreflight(incoming)) return true;
    outgoing.writeHead(204, {
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': REQUEST_HEADERS,
      'access-control-max-age': PREFLIGHT_SECONDS,
    });
    outgoing.end();
    return false;
  }

  #faultOf(incoming: IncomingMessage): Fault | undefined {
    const { limits } = this.#settings;
    const { url = '', rawHeaders } = incoming;
    if (url.length > limits.urlBytesMax) return [tooMuch('urlBytesMax', limits.urlBytesMax), 414];
    if (rawHeaders.length / 2 > limits.headersMax) {
      return [tooMuch('headersMax', limits.headersMax), 431];
    }
    return this.#foreignFault(incoming) ?? typeFault(incoming);
  }

  /** Another server was meant, or a page of another site sent it. */
  #foreignFault({ headers, headersDistinct }: IncomingMessage): Fault | undefined {
    const { origins } = this.#settings;
    const host = (headers.host ?? '').toLowerCase();
    if (!this.hosts.has(host) || headersDistinct['host']?.length !== 1) return [misdirected(host)];
    const { origin } = headers;
    const site = headers['sec-fetch-site'];
    if (origin !== undefined ? origins.has(origin) : !FOREIGN_SITES.has(String(site))) return;
    return [foreign(origin ?? String(site))];
  }
}

/** Of every answer: it is what it says it is, is kept by nobody, and stands in no foreign page. */
function harden(outgoing: ServerResponse): void {
  outgoing.setHeader('x-content-type-options', 'nosniff');
  outgoing.setHeader('cache-control', 'no-store');
  outgoing.setHeader('cross-origin-resource-policy', 'same-origin');
  outgoing.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
}

function refuse(outgoing: ServerResponse, error: AdastraError, status?: number): void {
  const problem = problemOf(error, status);
  const text = JSON.stringify(problem);
  outgoing.writeHead(problem.status, {
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(text),
    // Whatever else it sends is not worth reading.
    connection: 'close',
  });
  outgoing.end(text);
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** Forms of foreign pages can post, but not this type; other methods they must ask for first. */
function typeFault({ method, headers }: IncomingMessage): Fault | undefined {
  const type = headers['content-type'] ?? '';
  if (method !== 'POST' || /^application\/json\s*(?:;|$)/i.test(type)) return undefined;
  const message = 'over TCP every POST must be application/json';
  const hint = 'send the header content-type: application/json, also without a body';
  return [
    new AdastraError('invalid_argument', message, { hint, details: { contentType: type } }),
    415,
  ];
}

function tooMuch(limitName: 'urlBytesMax' | 'headersMax', limit: number): AdastraError {
  const what = limitName === 'urlBytesMax' ? 'the URL is longer' : 'there are more headers';
  return new AdastraError('limit_exceeded', `${what} than ${limit}`, {
    details: { limitName, limit },
  });
}

function misdirected(host: string): AdastraError {
  return new AdastraError('misdirected', `this server is not ${JSON.stringify(host)}`, {
    hint: 'call it by the address that it printed, or start it with --allow-host NAME',
    details: { host },
  });
}

function foreign(origin: string): AdastraError {
  return new AdastraError('forbidden', `pages of ${JSON.stringify(origin)} may not call here`, {
    hint: 'start it with --allow-origin ORIGIN for pages that may',
    details: { origin },
  });
}
