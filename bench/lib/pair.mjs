// Two processes for one measurement: the worker, and a peer that it starts and calls. Both come from
// one contender; flags of the worker (--expose-gc, --cpu-prof) hold for the peer too.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PEER = fileURLToPath(new URL('../peer.mjs', import.meta.url));

/**
 * Starts the contender's `role` in a process of its own. Gives `call(method, …args)` and `end()`;
 * a call rejects when the peer fails or is gone.
 */
export async function startPeer(job) {
  const child = fork(PEER, [JSON.stringify(job)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const waiting = new Map();
  let next = 1;
  let gone = false;
  const ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      gone = true;
      const error = new Error(`the peer process ended: ${signal ?? `exit ${code}`}`);
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      resolve();
    });
  });
  child.on('message', ({ id, result, error, ready }) => {
    const one = waiting.get(ready ? 0 : id);
    waiting.delete(ready ? 0 : id);
    if (error === undefined) one?.resolve(result);
    else one?.reject(new Error(`in the peer process: ${error}`));
  });
  const answerTo = (id) =>
    new Promise((resolve, reject) => {
      if (gone) reject(new Error('the peer process has ended'));
      else waiting.set(id, { resolve, reject });
    });
  await answerTo(0);
  return {
    call(method, ...args) {
      const id = next;
      next += 1;
      const answer = answerTo(id);
      if (!gone) child.send({ id, method, args });
      return answer;
    },
    async end() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** Starts a peer, does `job` with it, ends it whatever happens. */
export async function withPeer(options, job) {
  const peer = await startPeer(options);
  try {
    return await job(peer);
  } finally {
    await peer.end();
  }
}

/** The value below which the share `p` of all lies. */
export function percentile(numbers, p) {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
