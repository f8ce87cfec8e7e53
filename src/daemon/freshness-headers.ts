/**
 * Freshness on the wire. Every answer of a node's data says what it was made from; a request may
 * say what it wants to see at least (`x-min-seq`) and how long it waits for it (`x-wait-ms`).
 */
import { AdastraError } from '../core/index.ts';
import type { Freshness } from '../engine/index.ts';
import type { Method } from './route.ts';
import { type Serving, signalOf, type SocketContext } from './serving.ts';

const WAIT_MS_DEFAULT = 2_000;
/** The longest wait that a request may ask for. */
export const WAIT_MS_MAX = 60_000;

/**
 * Waits for what the request wants to see and puts the headers on the answer, also on a refusal.
 * Throws `not_yet` where it does not come in time, `invalid_argument`, `overloaded`.
 */
export async function waitUntilFresh(context: SocketContext, serving: Serving): Promise<void> {
  const { node, admission } = serving;
  const seq = wholeHeader(context, 'x-min-seq');
  const timeoutMs = wholeHeader(context, 'x-wait-ms') ?? WAIT_MS_DEFAULT;
  if (timeoutMs > WAIT_MS_MAX) throw unfit('x-wait-ms', `is at most ${WAIT_MS_MAX}`);
  const before = await node.freshness();
  if (seq === undefined || seq <= before.seq) {
    setHeaders(context, before);
    return;
  }
  const leave = admission.enterWait();
  try {
    await node.waitForSeq(seq, { timeoutMs, signal: signalOf(context) });
  } finally {
    leave();
    await tellFreshness(context, serving);
  }
}

/** Puts the present freshness on the answer; nothing where the node cannot tell it any more. */
export async function tellFreshness(context: SocketContext, { node }: Serving): Promise<void> {
  try {
    setHeaders(context, await node.freshness());
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
  }
}

/**
 * What is read is at least as fresh as what is told before it; what was written is covered by what
 * is told after it.
 */
export function isToldAfter(method: Method): boolean {
  return method !== 'GET';
}

function setHeaders({ env: { outgoing } }: SocketContext, freshness: Freshness): void {
  // Streams write their own head later, which keeps these.
  if (outgoing.headersSent) return;
  outgoing.setHeader('adastra-seq', freshness.seq);
  outgoing.setHeader('adastra-log-seq', freshness.logSeq);
  outgoing.setHeader('adastra-lag-commits', freshness.lagCommits);
  outgoing.setHeader('adastra-lag-ms', Math.round(freshness.lagMs));
}

function wholeHeader(context: SocketContext, name: string): number | undefined {
  const text = context.env.incoming.headers[name];
  if (text === undefined) return undefined;
  const value = typeof text === 'string' && /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw unfit(name, 'must be a whole number');
}

function unfit(name: string, what: string): AdastraError {
  return new AdastraError('invalid_argument', `the header ${name} ${what}`, {
    details: { header: name },
  });
}
