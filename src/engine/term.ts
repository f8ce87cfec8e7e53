/**
 * Each opening for writing raises the term and says so in the log, before anything else it writes.
 * No flush of its own: whatever commit of this term becomes durable, this record stands before it.
 */
import type { AdastraError } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { BatchBuilder, type CommitLog, RECORD_KIND } from '../wal/index.ts';

/** Throws what the disk says (`disk_full`, `io_error`). */
export function openTerm(env: Env, log: CommitLog): void {
  const batch = new BatchBuilder(256);
  batch.beginRecord(RECORD_KIND.termOpened);
  batch.frame.u32(log.term);
  batch.frame.u48(env.clock.wallMs());
  batch.frame.u16(0);
  batch.frame.lengthAndText(`${env.host.hostname} pid ${env.host.pid}`);
  batch.endRecord();
  let failure: AdastraError | undefined;
  log.append(log.headSeq + 1, batch, 'none', (outcome) => {
    if (outcome.kind === 'rejected' || outcome.kind === 'unknown') failure = outcome.error;
  });
  if (failure === undefined) return;
  log.abandon();
  throw failure;
}
