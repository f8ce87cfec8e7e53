/**
 * Waiting for a commit from outside the node: requests with `x-min-seq`, each as long as a node
 * lets one wait, until the caller's time is over.
 */
import { AdastraError } from '../core/index.ts';
import type { WaitForSeqOptions } from '../engine/index.ts';
import type { Connection } from './connection.ts';

const DEFAULT_MS = 2_000;
/** What a node lets one request wait. */
const REQUEST_MS_MAX = 60_000;
/** For the answer behind the wait. */
const ANSWER_MS_MAX = 5_000;

/** Throws `not_yet`, `aborted`, `closed`, and what else the node answers. */
export async function waitByRequests(
  connection: Connection,
  seq: number,
  { timeoutMs: wholeMs = DEFAULT_MS, signal }: WaitForSeqOptions,
): Promise<void> {
  for (let leftMs = wholeMs; ; leftMs -= REQUEST_MS_MAX) {
    const waitMs = Math.min(leftMs, REQUEST_MS_MAX);
    const headers = { 'x-min-seq': String(seq), 'x-wait-ms': String(waitMs) };
    try {
      const timeoutMs = waitMs + ANSWER_MS_MAX;
      await connection.call({ method: 'GET', path: '/v1/freshness', headers, signal, timeoutMs });
      return;
    } catch (error) {
      const isEarly = AdastraError.is(error) && error.code === 'not_yet';
      if (!isEarly || leftMs <= REQUEST_MS_MAX) throw error;
    }
  }
}
