/**
 * Checkpoints of a running node: in the background, in slices of a few milliseconds, from a
 * snapshot that later writes do not disturb. Two are kept, and with retention the base: segments go
 * only below it, so that history, `at` and replay reach down to it.
 */
import { AdastraError, bytesOfHex, type Hlc, type Vector } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import {
  type CheckpointInput,
  dropInSlices,
  listCheckpoints,
  runSlices,
  type Slices,
  writeCheckpoint,
} from '../store/checkpoint/index.ts';
import type { CommitLog } from '../wal/index.ts';
import { checkpointDirectory, makeDirectories } from './directory.ts';
import type { CheckpointInfo } from './node-api.ts';
import type { ResolvedOptions } from './options.ts';
import type { Replica } from './replica.ts';
import { chooseBase, retentionSeq } from './retention.ts';

const KEPT = 2;
const HASH_SLICE_ENTRIES = 1000;

/** Whose state it is: a lane's that writes a log, or that of somebody who follows one. */
export interface CheckpointSource {
  readonly parts: { readonly log: CommitLog };
  readonly publishedSeq: number;
  readonly vector: Vector;
  /** Resolves when all that was published is durable. */
  flush(): Promise<void>;
}

export interface CheckpointerParts {
  readonly env: Env;
  readonly dataDir: string;
  readonly replica: Replica;
  readonly lane: CheckpointSource;
  readonly clock: Hlc;
  readonly options: ResolvedOptions;
  /** Bytes of log that the state was made of; default: those of the whole log. */
  readonly logBytes?: () => number;
}

export class Checkpointer {
  readonly #parts: CheckpointerParts;
  #running: Promise<CheckpointInfo> | undefined;
  #bytesAtLast: number;
  #closed = false;
  /** Seqs of checkpoints that somebody reads, with how many do. */
  readonly #pins = new Map<number, number>();
  /** Members within their lease need the log above this seq; set by whoever knows them. */
  neededAbove: () => number = () => Number.POSITIVE_INFINITY;

  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
    this.#bytesAtLast = this.#logBytes();
  }

  /** Writes one; a second call while one is written waits for that. */
  run(): Promise<CheckpointInfo> {
    this.#running ??= this.#write().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Keeps the checkpoint of a seq until what is returned is called. */
  pin(seq: number): () => void {
    this.#pins.set(seq, (this.#pins.get(seq) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.#pins.get(seq) as number) - 1;
      if (left > 0) this.#pins.set(seq, left);
      else this.#pins.delete(seq);
    };
  }

  /** Starts one if the log has grown by enough since the last; call it now and then. */
  runIfDue(logBytes: number): void {
    const { checkpointBytes } = this.#parts.options;
    if (checkpointBytes === 0 || this.#running !== undefined || this.#closed) return;
    const { keys, values } = this.#parts.replica.storage.bytes;
    // Not more often than the state doubles the log: writing it costs what it holds.
    const due = Math.max(checkpointBytes, keys + values);
    if (logBytes - this.#bytesAtLast < due) return;
    this.#inBackground();
  }

  #inBackground(): void {
    this.run().catch((error: unknown) => {
      if (this.#closed) return;
      this.#parts.options.logger?.error(`checkpoint failed: ${String(error)}`, {
        event: 'checkpoint_failed',
      });
    });
  }

  /**
   * Starts one where opening had to make a projection anew that a checkpoint could have had: the
   * next opening finds it. Where there is none yet the log is short, and making it costs little.
   */
  runIfUnsaved(): void {
    const { env, dataDir, replica, options } = this.#parts;
    if (options.checkpointBytes === 0 || !replica.projections.isUnsaved) return;
    if (listCheckpoints(env, checkpointDirectory(env, dataDir)).length > 0) this.#inBackground();
  }

  /** Gives up one that is being written. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running?.catch(() => {});
  }

  async #write(): Promise<CheckpointInfo> {
    const { env, dataDir, replica } = this.#parts;
    const directory = checkpointDirectory(env, dataDir);
    // A copy of a directory may lack it: many tools leave empty ones out.
    makeDirectories(env, directory);
    const input = await this.#capture();
    const [newest] = listCheckpoints(env, directory);
    const { projections } = replica;
    if (newest?.seq === input.seq && !projections.isUnsaved) {
      input.snapshot.release();
      const bytes = env.fs.stat(newest.file)?.sizeBytes ?? 0;
      return { ...newest, bytes, entries: replica.storage.entryCount };
    }
    try {
      const written = await this.#inSlices(writeCheckpoint(env, directory, input));
      this.#bytesAtLast = this.#logBytes();
      projections.saved();
      await this.#letGo();
      const { seq, file, sizeBytes: bytes, entryCount: entries } = written;
      return { seq, file, bytes, entries };
    } finally {
      input.snapshot.release();
    }
  }

  /** Everything of one instant: snapshot, hashes, sections, seq and digest at a batch end. */
  async #capture(): Promise<CheckpointInput> {
    const { replica, lane, clock } = this.#parts;
    const { storage, origins } = replica;
    const { log } = lane.parts;
    await this.#slices(() => storage.settle(16_384));
    await this.#slices(() => storage.hashSlice(HASH_SLICE_ENTRIES, 'state'));
    await this.#slices(() => storage.hashSlice(HASH_SLICE_ENTRIES, 'content'));
    // What a checkpoint holds must be durable, and L1 must stand exactly at the head of the log.
    do await lane.flush();
    while (log.durableSeq < log.headSeq || lane.publishedSeq !== log.headSeq);
    return {
      worldId: log.worldId,
      logId: log.logId,
      seq: log.headSeq,
      digest: log.headDigest.slice(),
      stateHash: bytesOfHex(storage.stateHash()) as Uint8Array,
      contentHash: bytesOfHex(storage.contentHash()) as Uint8Array,
      snapshot: storage.snapshot(),
      origins,
      sections: replica.sections(lane.vector, { ms: clock.ms, counter: clock.counter }),
      storage,
    };
  }

  /**
   * As `runSlices`, but a node that closes does not wait for it: what was written aside is removed.
   */
  async #inSlices<T>(work: Slices<T>): Promise<T> {
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      await (step.value ?? this.#turn());
      if (!this.#closed) continue;
      work.return(undefined as T);
      throw closed();
    }
  }

  #logBytes(): number {
    const { logBytes, lane } = this.#parts;
    return logBytes === undefined ? lane.parts.log.stat().bytes : logBytes();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#parts.env.timers.soon(resolve));
  }

  async #slices(slice: () => boolean): Promise<void> {
    while (!slice()) {
      await this.#turn();
      if (this.#closed) throw closed();
    }
  }

  /** Older checkpoints, and what retention lets go of the log. */
  async #letGo(): Promise<void> {
    const { env, dataDir, lane, options } = this.#parts;
    const { log } = lane.parts;
    const directory = checkpointDirectory(env, dataDir);
    const neededAbove = this.#parts.replica.projections.holdsHistory ? 0 : this.neededAbove();
    const wanted = retentionSeq(env, log, options.retention, neededAbove);
    const { base, next } = chooseBase(listCheckpoints(env, directory), wanted, log.baseSeq);
    if (base !== undefined) {
      const { error } = log.dropBelow(base);
      if (error !== undefined) options.logger?.error(`retention: ${error.message}`);
    }
    const keepSeqs = [base, next, ...this.#pins.keys()].filter((seq) => seq !== undefined);
    await runSlices(env, dropInSlices(env, directory, { keep: KEPT, keepSeqs }));
  }
}

function closed(): AdastraError {
  return new AdastraError('closed', 'the node was closed while a checkpoint was written');
}
