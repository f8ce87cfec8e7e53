/**
 * Every limit of an HTTP server: how many connections, how large a request, how long anything may
 * take. Each is finite and can be set (`adastra serve --limit NAME=VALUE`); what exceeds one is
 * answered with a typed problem, or cut off where nobody can be answered.
 */
import { AdastraError } from '../core/index.ts';
import { type AdmissionLimits, DEFAULT_ADMISSION } from './admission.ts';

/** Limits of one server. Names end in their unit: bytes, milliseconds, else a count. */
export interface HttpLimits extends AdmissionLimits {
  /** Open connections; one more closes the oldest that has no request in hand. */
  readonly connectionsMax: number;
  /** The same, of one remote address. */
  readonly connectionsPerAddressMax: number;
  /** Request line and headers together. */
  readonly headerBytesMax: number;
  readonly headersMax: number;
  /** Path and query. */
  readonly urlBytesMax: number;
  /** Until a connection has sent all headers of a request. */
  readonly headersTimeoutMs: number;
  /** Until a request has come in whole. */
  readonly requestTimeoutMs: number;
  /** A connection between two requests. */
  readonly keepAliveMs: number;
  /** A reader of a stream that takes nothing. */
  readonly stallMs: number;
  /** A stream that has nothing to tell. */
  readonly heartbeatMs: number;
}

/** The local socket: one user, a few programs. */
export const SOCKET_LIMITS: HttpLimits = {
  ...DEFAULT_ADMISSION,
  // Idle connections are kept open between two requests.
  connectionsMax: DEFAULT_ADMISSION.requestsMax * 2,
  connectionsPerAddressMax: DEFAULT_ADMISSION.requestsMax * 2,
  headerBytesMax: 32 * 1024,
  headersMax: 100,
  urlBytesMax: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveMs: 30_000,
  stallMs: 300_000,
  heartbeatMs: 15_000,
};

/** TCP: many clients, most of them idle or streaming. One address never takes all of it. */
export const TCP_LIMITS: HttpLimits = {
  ...SOCKET_LIMITS,
  requestsMax: 1024,
  streamsMax: 6_000,
  connectionsMax: 10_000,
  connectionsPerAddressMax: 8_000,
};

/** `defaults` with what was asked for; throws `invalid_options`. */
export function httpLimits(defaults: HttpLimits, asked: Partial<HttpLimits> = {}): HttpLimits {
  const limits: Record<string, number> = { ...defaults };
  for (const [name, value] of Object.entries(asked)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(defaults, name)) {
      throw unfit(name, `there is no limit ${JSON.stringify(name)}`);
    }
    if (!Number.isSafeInteger(value) || value < 1 || value > LARGEST) {
      throw unfit(name, `the limit ${name} is a whole number from 1 to ${LARGEST}`);
    }
    limits[name] = value;
  }
  return limits as unknown as HttpLimits;
}

/** Timers take no more. */
const LARGEST = 2 ** 31 - 1;

function unfit(name: string, message: string): AdastraError {
  return new AdastraError('invalid_options', message, {
    hint: `limits are: ${Object.keys(TCP_LIMITS).join(', ')}`,
    details: { option: name },
  });
}
