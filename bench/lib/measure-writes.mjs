// How the write rows are timed. Keys and values exist before the clock starts; a warm-up of a tenth
// goes into the same store first, under keys that sort before the measured ones.

import { mkdirSync } from 'node:fs';
import { makeKeys, makeValues, valueAt } from './data.mjs';

const WARM_SHARE = 0.1;

async function timed(job, { contender, mode, dir, n, sequential }) {
  mkdirSync(dir, { recursive: true });
  const store = await contender.openWrites(dir, mode);
  const convert = store.convert ?? ((value) => value);
  const values = makeValues().map(convert);
  const warm = makeKeys(Math.ceil(n * WARM_SHARE), { sequential, letter: 'a' });
  await job(store, warm, values)();
  const keys = makeKeys(n, { sequential });
  const run = job(store, keys, values);
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1_000;
  if (!store.has(keys[0]) || !store.has(keys[n - 1])) throw new Error('a written key is missing');
  await store.close();
  return { value: n / seconds };
}

/** One caller that awaits each put. */
export function awaitEach(context) {
  return timed(
    (store, keys, values) => async () => {
      for (let i = 0; i < keys.length; i += 1) await store.put(keys[i], valueAt(values, i));
    },
    context,
  );
}

/** `callers` loops at a time, each awaiting its own put. */
export function inFlight(context) {
  const callers = context.callers;
  return timed(
    (store, keys, values) => () => {
      let next = 0;
      const caller = async () => {
        while (next < keys.length) {
          const i = next;
          next += 1;
          await store.put(keys[i], valueAt(values, i));
        }
      };
      return Promise.all(Array.from({ length: callers }, caller));
    },
    context,
  );
}

/** Transactions of `puts` each, one awaited after the other. */
export function transactions(context) {
  const puts = context.puts;
  return timed((store, keys, values) => {
    const groups = [];
    for (let at = 0; at < keys.length; at += puts) {
      const part = keys.slice(at, at + puts);
      groups.push({ keys: part, values: part.map((_, i) => valueAt(values, at + i)) });
    }
    return async () => {
      for (const group of groups) await store.transact(group.keys, group.values);
    };
  }, context);
}

/** One call a put, the last of each window awaited; the window is the contender's own best. */
export function callEach(context) {
  return timed(
    (store, keys, values) => async () => {
      let last;
      let open = 0;
      for (let i = 0; i < keys.length; i += 1) {
        last = store.put(keys[i], valueAt(values, i));
        open += 1;
        if (open < store.window) continue;
        await last;
        open = 0;
      }
      await last;
    },
    context,
  );
}
