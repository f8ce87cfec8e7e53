/**
 * Why one request failed, and so what may be done about it. `unsent`: it never went out. `refused`:
 * the node says that it did nothing because it is busy or going away. `answered`: the node has
 * decided. `lost`: nobody can tell whether it was done.
 */
import { AdastraError, type ErrorCode } from '../core/index.ts';

export type FailureKind = 'unsent' | 'refused' | 'answered' | 'lost';

/** Codes of a node that did nothing and may do it later. */
const LATER: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['overloaded', 'closed']);

/** Statuses of answers that follow from what was asked, or from the data: the same for each try. */
const DECIDED: ReadonlySet<number> = new Set([400, 404, 409, 410, 413, 422]);

/** What Node's `fetch` says where no connection was made; browsers do not tell. */
const UNSENT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  /** As it is for a read. */
  readonly error: AdastraError;
  /** What the answer says about when to try again, milliseconds. */
  readonly waitMs: number;
  /** Whether an earlier try of the same command cannot have been committed. */
  readonly isDecided: boolean;

  private constructor(kind: FailureKind, error: AdastraError, waitMs = 0, isDecided = false) {
    super(error.message, { cause: error });
    this.kind = kind;
    this.error = error;
    this.waitMs = waitMs;
    this.isDecided = isDecided;
  }

  /** The node told an error. */
  static answered(error: AdastraError, status: number, retryAfter: string | null): Failure {
    const kind = LATER.has(error.code) ? 'refused' : 'answered';
    return new Failure(kind, error, waitMsOf(retryAfter), DECIDED.has(status));
  }

  /** Somebody on the way there did not let it through. */
  static stopped(error: AdastraError, isForNow: boolean, retryAfter: string | null): Failure {
    return new Failure(isForNow ? 'refused' : 'answered', error, waitMsOf(retryAfter));
  }

  /** Somebody answered, and not the node. */
  static lost(cause: Error, retryAfter: string | null = null): Failure {
    const error = AdastraError.is(cause) ? cause : unavailable(cause);
    return new Failure('lost', error, waitMsOf(retryAfter));
  }

  /** No answer, or no more of it, in time. */
  static late(timeoutMs: number): Failure {
    const message = `the node did not answer within ${timeoutMs} ms`;
    return new Failure('lost', new AdastraError('timeout', message));
  }

  /** The connection was not made, or ended too early. */
  static broken(cause: unknown): Failure {
    const { code } = ((cause as { cause?: unknown } | null)?.cause ?? {}) as { code?: unknown };
    return new Failure(UNSENT.has(code) ? 'unsent' : 'lost', unavailable(cause));
  }
}

function unavailable(cause: unknown): AdastraError {
  const inner = (cause as { cause?: unknown } | null)?.cause ?? cause;
  const reason = inner instanceof Error && inner.message !== '' ? inner.message : String(inner);
  return new AdastraError('unavailable', `the node does not answer: ${reason}`, {
    hint: 'check its address, and that it runs',
    cause,
  });
}

/** `Retry-After` in seconds; its other form, a date, is read as 0: our clock may be another. */
function waitMsOf(retryAfter: string | null): number {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : 0;
}
