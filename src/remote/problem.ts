/**
 * Errors as they come over the wire, `application/problem+json` (RFC 9457), back into the same
 * `AdastraError`. daemon/problem.ts is the other end.
 */
import { AdastraError, ERROR_CODES, type ErrorCode, valueOfJson } from '../core/index.ts';

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
export function mapDetails(
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
