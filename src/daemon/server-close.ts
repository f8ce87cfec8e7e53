/**
 * How a server comes to its end: no new connection, what was admitted is answered, then what is
 * left is cut. Requests that come on connections that are still open find the server stopping and
 * are refused before anything is done (`app.ts`): clients who never pause do not hold it up.
 */
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admission } from './admission.ts';

/** How long what was admitted may take before it is cut off, in ms, where nothing else is said. */
export const GRACE_MS = 10_000;
const STEP_MS = 10;

/** Resolves when every connection has ended; whether none had to be cut with a request in hand. */
export async function closeServer(
  server: Server,
  admission: Admission,
  graceMs: number,
): Promise<boolean> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const deadline = performance.now() + graceMs;
  while (admission.requests > 0 && performance.now() < deadline) await sleep(STEP_MS);
  const isWhole = admission.requests === 0;
  server.closeAllConnections();
  await closed;
  return isWhole;
}
