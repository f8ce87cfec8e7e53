/**
 * Waiting for something that sync will see: asked again whenever sync says that it has changed.
 */
import { AdastraError } from '../../core/index.ts';
import type { WaitOptions } from '../peer-api.ts';
import type { Peering } from './peering.ts';

/** Rejects with `aborted`, `timeout`, or `closed` when the node is closed meanwhile. */
export function waitUntil(
  peering: Peering,
  isTrue: () => boolean,
  { signal, timeoutMs }: WaitOptions,
): Promise<void> {
  if (signal?.aborted === true) return Promise.reject(aborted(signal));
  if (isTrue()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      forget();
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = (): void => end(() => reject(aborted(signal)));
    const forget = peering.watch((isClosed) => {
      if (isClosed) end(() => reject(new AdastraError('closed', 'the node was closed')));
      else if (isTrue()) end(resolve);
    });
    const timer =
      timeoutMs === undefined
        ? undefined
        : peering.node.env.timers.after(timeoutMs, () =>
            end(() => reject(new AdastraError('timeout', `not within ${timeoutMs} ms`))),
          );
    signal?.addEventListener('abort', onAbort);
  });
}

function aborted(signal: AbortSignal | undefined): AdastraError {
  return new AdastraError('aborted', 'the signal was aborted', { cause: signal?.reason });
}
