/**
 * Errors on their way over the wire: `application/problem+json` (RFC 9457) with the status that
 * fits; remote/problem.ts is the way back. A fault of the program (anything that is not ours) is
 * told as such, without its stack.
 */
import { AdastraError, type ErrorCode, jsonOf, type Value } from '../core/index.ts';
import { mapDetails, type Problem } from '../remote/index.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** Statuses other than 400 for what the caller did, and 500 for what the node could not do. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  not_found: 404,
  already_exists: 409,
  condition_failed: 409,
  command_mismatch: 409,
  revert_refused: 409,
  operation_failed: 422,
  history_truncated: 410,
  reset: 410,
  limit_exceeded: 413,
  closed: 503,
  read_only: 403,
  reserved_key: 403,
  locked: 409,
  overloaded: 429,
  aborted: 499,
  timeout: 504,
  unavailable: 503,
  not_yet: 425,
  projection_unknown: 404,
  unauthenticated: 401,
  misdirected: 421,
  world_mismatch: 409,
  disk_full: 507,
  port_in_use: 409,
  forbidden: 403,
  joining: 503,
  peer_unknown: 404,
  peer_ambiguous: 409,
  peer_unreachable: 504,
  peer_unproven: 502,
  peer_refused: 502,
  version_mismatch: 502,
};
const SERVER_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'lock_unavailable',
  'projection_failed',
  'upgrade_needed',
  'log_damaged',
  'checkpoint_damaged',
  'identity_damaged',
  'io_error',
  'unknown_outcome',
  'latched',
  'permission_denied',
  'not_a_directory',
]);

/** The HTTP status that an error is told with. */
export function statusOf(error: AdastraError): number {
  return STATUS[error.code] ?? (SERVER_CODES.has(error.code) ? 500 : 400);
}

/** Anything thrown as an error of ours; `isFault` where it was not one. */
export function knownError(error: unknown): { error: AdastraError; isFault: boolean } {
  if (AdastraError.is(error)) return { error, isFault: false };
  const message = error instanceof Error ? error.message : String(error);
  const fault = new AdastraError('io_error', `this is a fault of adastra: ${message}`, {
    hint: 'the log of the running node has the stack; please report it',
    cause: error,
  });
  return { error: fault, isFault: true };
}

/** The body that tells an error; `status` where the place says more than the code. */
export function problemOf(error: AdastraError, status: number = statusOf(error)): Problem {
  const { code, message, hint, retryable } = error;
  const details = mapDetails(error.details, (detail) => jsonOf(detail as Value));
  const index = details['operationIndex'];
  return {
    type: `urn:adastra:error:${code}`,
    title: code.replaceAll('_', ' '),
    status,
    detail: message,
    code,
    retryable,
    ...(hint === undefined ? {} : { hint }),
    outcome: code === 'unknown_outcome' ? 'unknown' : 'rejected',
    ...(typeof index === 'number' ? { operationIndex: index } : {}),
    details,
  };
}
