/**
 * Long work in slices of a few milliseconds: a generator that stops after each. What it yields says
 * what for: `undefined` asks for a turn of the event loop, a promise for waiting on the disk. A
 * caller may also go on at once, or before the promise settles: then the work asks again.
 */
import type { Env, File } from '../../env/index.ts';

/** Why the work stopped. A promise given here never rejects. */
export type Pause = Promise<void> | undefined;

/** Work in slices with a result. */
export type Slices<T> = Generator<Pause, T, void>;

/** Does all of the work, leaving the event loop a turn after each slice. */
export async function runSlices<T>(env: Pick<Env, 'timers'>, work: Slices<T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await (step.value ?? new Promise<void>((resolve) => env.timers.soon(resolve)));
  }
}

/** Makes a file durable in the background; throws what the disk said. */
export function* syncInSlices(file: File): Slices<void> {
  const outcome: { isKnown: boolean; error: Error | undefined } = {
    isKnown: false,
    error: undefined,
  };
  const finished = new Promise<void>((resolve) => {
    file.syncAsync((error) => {
      outcome.isKnown = true;
      outcome.error = error;
      resolve();
    });
  });
  while (!outcome.isKnown) yield finished;
  if (outcome.error !== undefined) throw outcome.error;
}
