/**
 * Errors as values, for those who prefer them: only ours; a fault of the program stays thrown.
 */
import { AdastraError } from '../core/index.ts';

export type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: AdastraError };

/**
 * Waits for a promise, or runs a function; `AdastraError` becomes a value, anything else is
 * rethrown.
 */
export async function attempt<T>(
  work: PromiseLike<T> | (() => T | PromiseLike<T>),
): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await (typeof work === 'function' ? work() : work) };
  } catch (error) {
    if (AdastraError.is(error)) return { ok: false, error };
    throw error;
  }
}
