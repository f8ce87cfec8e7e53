/**
 * How a server comes to its end: no new connection, what was admitted is answered, then what is
 * left is cut. Requests that come on connections that are still open find the server stopping and
 * are refused before anything is done (`app.ts`): clients who never pause do not hold it up.
 */
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../engine/index.ts';
import type { Admission } from './admission.ts';

const STEP_MS = 10;

/** Resolves when every connection has ended; those with a request in hand have `graceMs` for it. */
export async function closeServer(
  server: Server,
  admission: Admission,
  logger: Logger | undefined,
): Promise<void> {
  const { graceMs } = admission.limits;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const deadline = performance.now() + graceMs;
  const inHand = (): number => admission.requests + admission.streams;
  while (inHand() > 0 && performance.now() < deadline) await sleep(STEP_MS);
  if (inHand() > 0) {
    logger?.warn('requests that took too long were cut off', { event: 'cut_off' });
  }
  server.closeAllConnections();
  await closed;
}
