/**
 * Errors on their way over the wire: `application/problem+json` (RFC 9457) with the status that
 * fits, and back into the same `AdastraError`. A fault of the program (anything that is not ours)
 * is told as such, without its stack.
 */
import {
  AdastraError,
  ERROR_CODES,
  type ErrorCode,
  jsonOf,
  type Value,
  valueOfJson,
} from '../core/index.ts';

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

/** An error as RFC 9457 tells it, with our members beside. */
export interface Problem {
  /** `urn:adastra:error:<code>`; docs/errors.md explains each. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly hint?: string;
  /** Of a write: nothing of it was done, or only reading can tell. */
  readonly outcome: 'rejected' | 'unknown';
  /** Which operation of a commit it is about, from 0. */
  readonly operationIndex?: number;
  readonly details: Readonly<Record<string, unknown>>;
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

/** The error that a body tells; `undefined` where it tells none. */
export function errorOfProblem(body: unknown): AdastraError | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { code, detail, hint, details } = body as Record<string, unknown>;
  if (typeof code !== 'string' || typeof detail !== 'string') return undefined;
  const given = typeof details === 'object' && details !== null ? details : {};
  return new AdastraError(isCode(code) ? code : 'unavailable', detail, {
    ...(typeof hint === 'string' ? { hint } : {}),
    details: {
      ...mapDetails(given as Record<string, unknown>, (item) => valueOfJson(item)),
      // A newer node may know codes that this program does not.
      ...(isCode(code) ? {} : { code }),
    },
  });
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

/** Details are for people and programs alike: what has no JSON form is told by its kind. */
function mapDetails(
  details: Readonly<Record<string, unknown>>,
  convert: (detail: unknown) => unknown,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, detail] of Object.entries(details)) {
    if (detail === undefined) continue;
    try {
      result[name] = convert(detail);
    } catch {
      result[name] = detail instanceof Error ? detail.message : typeof detail;
    }
  }
  return result;
}
