/**
 * How fresh one answer is, as its headers say.
 */
import type { FetchAnswer } from './platform.ts';

/** What an answer was made from. */
export interface AnswerFreshness {
  /** The commit that the node had applied. */
  readonly seq: number;
  /** The commit that its log is known to hold durably. */
  readonly logSeq: number;
  /** How far what it shows is behind, in commits and in milliseconds; 0 on a writer. */
  readonly lagCommits: number;
  readonly lagMs: number;
}

/** `undefined` where the answer does not say, or a page of another origin may not see it. */
export function freshnessOf({ headers }: FetchAnswer): AnswerFreshness | undefined {
  const [seq, logSeq, lagCommits, lagMs] = [
    'adastra-seq',
    'adastra-log-seq',
    'adastra-lag-commits',
    'adastra-lag-ms',
  ].map((name) => Number(headers.get(name) ?? Number.NaN));
  const freshness = { seq, logSeq, lagCommits, lagMs } as AnswerFreshness;
  return Object.values(freshness).every(Number.isFinite) ? freshness : undefined;
}
