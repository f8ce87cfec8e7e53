/**
 * What routes can refuse beside what their own work can, and with which status: the document and
 * the conformance run are made of these lists.
 */
import { AdastraError, type ErrorCode } from '../core/index.ts';
import { statusOf } from './problem.ts';
import type { Route } from './route.ts';

/** Of what asks for a key. */
export const OF_KEYS: readonly ErrorCode[] = ['invalid_key'];

/** Of everything that passes the write lane. */
export const OF_LANE: readonly ErrorCode[] = [
  'forbidden',
  'read_only',
  'latched',
  'disk_full',
  'unknown_outcome',
  'joining',
];

/** Of what writes with the options of a write. */
export const OF_WRITES: readonly ErrorCode[] = [
  'invalid_options',
  'invalid_value',
  'condition_failed',
  'command_mismatch',
  ...OF_LANE,
];

/** Of everything that the server lets in only while it has room and goes on. */
const OF_ADMISSION: readonly ErrorCode[] = ['overloaded', 'closed'];

/** Of everything that answers at all. */
const EVERYWHERE: readonly ErrorCode[] = ['invalid_argument', 'limit_exceeded', 'io_error'];

/** Answered also where nothing else is: who asks decides by them whether the process lives on. */
export const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** Codes that a `Retry-After` goes with. */
export const WAIT_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'overloaded',
  'not_yet',
  'joining',
  'closed',
]);

/** Whether its answers say how fresh they are, and it waits for `x-min-seq`. */
export function isDataRoute({ access }: Pick<Route, 'access'>): boolean {
  return access !== 'open' && access !== 'local';
}

/** Every problem that a route can answer with: its codes by status, both in order. */
export function problemsOf(route: Route): ReadonlyMap<number, readonly ErrorCode[]> {
  const general = PROBES.has(route.path) ? EVERYWHERE : [...EVERYWHERE, ...OF_ADMISSION];
  const waiting: readonly ErrorCode[] = isDataRoute(route) ? ['not_yet'] : [];
  const byStatus = new Map<number, ErrorCode[]>();
  const add = (code: ErrorCode, status = statusOf(new AdastraError(code, ''))): void => {
    const codes = byStatus.get(status) ?? [];
    if (!codes.includes(code)) byStatus.set(status, [...codes, code]);
  };
  for (const code of [...general, ...waiting]) add(code);
  for (const code of route.errors) add(code, route.errorStatus);
  return new Map([...byStatus].sort(([one], [other]) => one - other));
}
