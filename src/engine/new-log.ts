/**
 * The new log of a node that starts over behind a checkpoint: its base is the checkpoint's seq and
 * digest, and all that can be kept of the old log follows, batch by batch, sealed at the end. Batch
 * digests do not cover the place: up to the first loss every batch, local ones included, has the
 * digest that it always had, so newer checkpoints still belong to the log.
 */
import { AdastraError, equalBytes, readU32 } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { copyRecord, KeptBundles } from '../store/transactions/index.ts';
import {
  type Batch,
  BatchBuilder,
  type BatchBefore,
  type CommitLog,
  createLog,
  type LogIdentity,
  type LogOptions,
  recoverLog,
  salvageLog,
} from '../wal/index.ts';
import type { GoodCheckpoint } from './checkpoint-inspection.ts';

const LOG_ID_BYTES = 16;

/** What could be kept behind a checkpoint; changes nothing. Throws what the disk says. */
export function surveyBehind(
  env: Env,
  dataDir: string,
  identity: LogIdentity,
  { seq, vector }: GoodCheckpoint,
): KeptBundles {
  const kept = new KeptBundles(env.crypto, seq, vector);
  const read = salvageLog(env, dataDir, identity, { onBatch: (batch) => kept.take(batch) });
  if (!read.ok) throw read.error;
  return kept;
}

export interface NewLogSource {
  /** The old log. */
  readonly identity: LogIdentity;
  readonly from: GoodCheckpoint;
  /** Newer checkpoints, of which some will still fit. */
  readonly newer: readonly GoodCheckpoint[];
  /** The highest term of the old log. */
  readonly term: number;
  readonly options: LogOptions | undefined;
}

export interface NewLog {
  readonly kept: KeptBundles;
  /** Those of `newer` that the new log leads to. */
  readonly fitting: readonly GoodCheckpoint[];
}

/** Makes `<target>/log` out of the log of `dataDir`; durable when this returns. */
export function buildNewLog(
  env: Env,
  dataDir: string,
  target: string,
  source: NewLogSource,
): NewLog {
  const { identity, from, newer, term, options } = source;
  const { worldId } = identity;
  const created = createLog(env, target, {
    worldId,
    logId: env.random.bytes(LOG_ID_BYTES),
    term,
    firstSeq: from.seq + 1,
    previousDigest: from.header.digest,
    vector: from.vector.encode(),
  });
  if (!created.ok) throw created.error;
  const kept = new KeptBundles(env.crypto, from.seq, from.vector);
  const opened = recoverLog(env, target, {
    access: 'write',
    worldId,
    vector: () => kept.vector.encode(),
    ...(options === undefined ? {} : { options }),
  });
  if (!opened.ok) throw opened.error;
  const { log } = opened.value;
  try {
    const copy = new LogCopy(log, kept, newer);
    const read = salvageLog(env, dataDir, identity, copy);
    if (!read.ok) throw read.error;
    const failure = log.close();
    if (failure !== undefined) throw failure;
    return { kept, fitting: copy.fitting };
  } finally {
    log.abandon();
  }
}

/** Takes batches of the old log over, one by one. */
class LogCopy {
  readonly fitting: GoodCheckpoint[] = [];
  readonly #log: CommitLog;
  readonly #kept: KeptBundles;
  readonly #newer: readonly GoodCheckpoint[];
  readonly #builder = new BatchBuilder();

  constructor(log: CommitLog, kept: KeptBundles, newer: readonly GoodCheckpoint[]) {
    this.#log = log;
    this.#kept = kept;
    this.#newer = newer;
  }

  onBatch(batch: Batch, before: BatchBefore): void {
    const builder = this.#builder;
    builder.reset();
    if (batch.count > 0) this.#kept.take(batch, builder);
    else if (this.#follows(before)) for (const record of batch.records) copyRecord(builder, record);
    if (builder.isEmpty) return;
    const log = this.#log;
    log.append(log.headSeq + 1, builder, 'none', (outcome) => {
      if (outcome.kind === 'ok') return;
      if (outcome.kind === 'conflict') throw new AdastraError('io_error', 'the new log moved');
      throw outcome.error;
    });
    this.#confirm();
  }

  /** Whether the new log ends with the very batch that the old one had there. */
  #follows({ previousLow, previousHigh }: BatchBefore): boolean {
    const { headDigest } = this.#log;
    return readU32(headDigest, 0) === previousLow && readU32(headDigest, 4) === previousHigh;
  }

  #confirm(): void {
    const { headSeq, headDigest } = this.#log;
    for (const checkpoint of this.#newer) {
      const { seq, header } = checkpoint;
      if (seq === headSeq && equalBytes(header.digest, headDigest)) this.fitting.push(checkpoint);
    }
  }
}
