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

type Told = readonly [code: ErrorCode, status?: number];

/** Of what stands in front of a server on TCP, whatever is asked. */
const AT_THE_GATE: readonly Told[] = [
  ['forbidden'],
  ['misdirected'],
  ['limit_exceeded', 414],
  ['limit_exceeded', 431],
];

/** What a route can be refused with, whatever its own work is. */
function generalProblems(route: Route): readonly Told[] {
  const told: Told[] = EVERYWHERE.map((code) => [code]);
  told.push(...AT_THE_GATE);
  if (route.method === 'POST') told.push(['invalid_argument', 415]);
  if (route.access !== 'open') told.push(['unauthenticated']);
  if (isDataRoute(route)) told.push(['not_yet']);
  if (!PROBES.has(route.path)) for (const code of OF_ADMISSION) told.push([code]);
  return told;
}

/** Every problem that a route can answer with: its codes by status, both in order. */
export function problemsOf(route: Route): ReadonlyMap<number, readonly ErrorCode[]> {
  const byStatus = new Map<number, ErrorCode[]>();
  const add = (code: ErrorCode, status = statusOf(new AdastraError(code, ''))): void => {
    const codes = byStatus.get(status) ?? [];
    if (!codes.includes(code)) byStatus.set(status, [...codes, code]);
  };
  for (const [code, status] of generalProblems(route)) add(code, status);
  for (const code of route.errors) add(code, route.errorStatus);
  return new Map([...byStatus].sort(([one], [other]) => one - other));
}
