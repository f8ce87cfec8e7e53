/**
 * How much of the log may go: up to the seq below which nothing is to be kept. By default nothing
 * is let go. A span is kept that meets every bound given.
 */
import type { Env } from '../env/index.ts';
import { commitAt } from '../store/transactions/index.ts';
import type { CommitLog } from '../wal/index.ts';
import type { RetentionOptions } from './options.ts';

/**
 * Commits at or below the result may be let go; 0 for none. `neededAbove`: what lies above it a
 * member within its lease still needs.
 */
export function retentionSeq(
  env: Env,
  log: CommitLog,
  { commits, bytes, ageMs }: RetentionOptions,
  neededAbove: number = Number.POSITIVE_INFINITY,
): number {
  const bounds: number[] = [];
  if (commits !== undefined) bounds.push(log.headSeq - commits);
  if (bytes !== undefined) bounds.push(seqByBytes(log, bytes));
  if (ageMs !== undefined) bounds.push(seqByAge(log, env.clock.wallMs() - ageMs));
  return bounds.length === 0 ? 0 : Math.max(0, Math.min(...bounds, neededAbove));
}

/**
 * The checkpoint that becomes (or stays) the base of the log: the newest at or below what may go,
 * or the one that the log begins at already. `next` is the oldest above it, kept so that there is
 * one to become the base when the span has moved on. Both `undefined` where nothing is let go.
 */
export function chooseBase(
  checkpoints: readonly { readonly seq: number }[],
  wanted: number,
  logBaseSeq: number,
): { base: number | undefined; next: number | undefined } {
  const seqs = checkpoints.map(({ seq }) => seq).sort((left, right) => left - right);
  const base =
    seqs.findLast((seq) => seq <= wanted) ??
    seqs.find((seq) => logBaseSeq > 0 && seq >= logBaseSeq);
  if (wanted === 0 && base === undefined) return { base: undefined, next: undefined };
  return { base, next: seqs.find((seq) => seq > (base ?? 0)) };
}

/** Segments are let go whole: the last seq before the newest ones that hold the bytes to keep. */
function seqByBytes(log: CommitLog, bytes: number): number {
  let kept = 0;
  for (const segment of [...log.stat().segments].reverse()) {
    kept += segment.bytes;
    if (kept >= bytes) return segment.firstSeq - 1;
  }
  return 0;
}

/** The last commit made before `wallMs`, by binary search over segments' first commits. */
function seqByAge(log: CommitLog, wallMs: number): number {
  let seq = 0;
  for (const { firstSeq } of log.stat().segments) {
    const commit = commitAt(log, firstSeq);
    if (commit === undefined || commit.timeMs >= wallMs) return seq;
    seq = firstSeq - 1;
  }
  return seq;
}
