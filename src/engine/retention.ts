/**
 * How much of the log may go: up to the seq below which nothing is to be kept. By default nothing is
 * let go. A span is kept that meets every bound given.
 */
import type { Env } from '../env/index.ts';
import type { OriginTable } from '../store/storage/index.ts';
import { commitAt } from '../store/transactions/index.ts';
import type { CommitLog } from '../wal/index.ts';
import type { RetentionOptions } from './options.ts';

/** Commits at or below the result may be let go; 0 for none. */
export function retentionSeq(
  env: Env,
  log: CommitLog,
  origins: OriginTable,
  { commits, bytes, ageMs }: RetentionOptions,
): number {
  const bounds: number[] = [];
  if (commits !== undefined) bounds.push(log.headSeq - commits);
  if (bytes !== undefined) bounds.push(seqByBytes(log, bytes));
  if (ageMs !== undefined) bounds.push(seqByAge(log, origins, env.clock.wallMs() - ageMs));
  return bounds.length === 0 ? 0 : Math.max(0, Math.min(...bounds));
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
function seqByAge(log: CommitLog, origins: OriginTable, wallMs: number): number {
  let seq = 0;
  for (const { firstSeq } of log.stat().segments) {
    const commit = commitAt(log, origins, firstSeq);
    if (commit === undefined || commit.timeMs >= wallMs) return seq;
    seq = firstSeq - 1;
  }
  return seq;
}
