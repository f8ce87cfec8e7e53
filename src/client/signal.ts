/**
 * Waiting that a signal can end. What was admitted is not taken back by it: the caller stops
 * waiting, the write goes its way. (No `AbortSignal.any`: it leaks on Node 20.)
 */
import { AdastraError } from '../core/index.ts';

export function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // Aborted before the call: the call itself has refused, and nothing was admitted.
  if (signal.aborted) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(
        new AdastraError('aborted', 'the signal was aborted while waiting', {
          hint: 'the write may still be committed; a commandId makes sending it again safe',
          cause: signal.reason,
        }),
      );
    };
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
