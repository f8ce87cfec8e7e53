/**
 * Brings both hashes of a state up to date in slices, so that a large one does not hold the event
 * loop up.
 */
import type { Timers } from '../env/index.ts';
import type { Storage } from '../store/storage/index.ts';

/** Entries hashed without a turn of the event loop. */
const SLICE = 2000;
/** Slices after which the rest is done at once: a state that changes all the time is hashed too. */
const SLICES_MAX = 100_000;

export async function hashInSlices(timers: Timers, storage: Storage): Promise<void> {
  for (const name of ['state', 'content'] as const) {
    for (let slice = 0; slice < SLICES_MAX && !storage.hashSlice(SLICE, name); slice++) {
      // oxlint-disable-next-line no-await-in-loop -- one slice a turn
      await new Promise<void>((resolve) => timers.soon(resolve));
    }
  }
}
