/**
 * Why a projection was set aside. Its code is the application's: what it throws can be anything,
 * and must neither reach the node nor grow without bound on its way into checkpoints and answers.
 */
import { AdastraError } from '../core/index.ts';

/** `history_truncated`: it needs commits that the log has let go. */
export type FailureKind = 'threw' | 'history_truncated';

export interface ProjectionFailure {
  readonly kind: FailureKind;
  /** Seq of the commit at which it was set aside; 0 for one that could not begin. */
  readonly seq: number;
  readonly message: string;
}

const MESSAGE_LENGTH_MAX = 1000;

/** What was thrown, as a text of bounded length; never throws itself. */
export function messageOf(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    return wellFormed(text.slice(0, MESSAGE_LENGTH_MAX));
  } catch {
    return 'something that has no text was thrown';
  }
}

function wellFormed(text: string): string {
  return (text as string & { toWellFormed(): string }).toWellFormed();
}

/** What a query of a projection answers that was set aside. */
export function failedError(
  projection: string,
  { seq, message, kind }: ProjectionFailure,
): AdastraError {
  const hint =
    kind === 'threw'
      ? 'correct its code, raise its version, and open the node again'
      : 'it can only be made where the whole log is kept';
  return new AdastraError('projection_failed', `projection ${projection}: ${message}`, {
    hint,
    details: { projection, seq, message },
  });
}

/**
 * Whether code that must answer at once gave a promise. What that rejects with later is nobody's:
 * it is taken here, since otherwise it would end the process.
 */
export function isPromise(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { then } = value as { then?: unknown };
  if (typeof then !== 'function') return false;
  try {
    const ignore = (): void => {};
    then.call(value, ignore, ignore);
  } catch {
    // It is a promise in name only.
  }
  return true;
}
