/**
 * One state that follows one log: batches as they become durable, by L1 setters only (INV-5). What
 * a step applies is whole batches, so whole commits; a step that fails in the middle of one leaves
 * a state that nobody may see any more.
 */
import { AdastraError, MalformedBytes, NeedsNewerLevel } from '../../core/index.ts';
import type { Env } from '../../env/index.ts';
import { LaneMeter, Replay } from '../../store/transactions/index.ts';
import { type Batch, FollowedLog } from '../../wal/index.ts';
import { Checkpointer } from '../checkpointer.ts';
import type { EngineParts } from '../engine-parts.ts';
import type { NodeIdentity } from '../identity.ts';
import type { ResolvedOptions } from '../options.ts';
import type { StartPoint } from './start-point.ts';

/** Bytes of the log that are applied without a turn of the event loop. */
const STEP_BYTES = 1024 * 1024;
/** How much of the log is applied between two checkpoints while it catches up, at least. */
const ON_ITS_WAY_BYTES = 1024 * 1024 * 1024;

/** What a follower has of its own, whatever it follows. */
export interface FollowerSettings {
  readonly env: Env;
  /** The follower's own directory. */
  readonly dataDir: string;
  /** Where the log lies. */
  readonly logDir: string;
  readonly options: ResolvedOptions;
  readonly identity: NodeIdentity;
}

/**
 * `applied`: there may be more. `reset`: the place is gone. `problem`: nothing goes on at present.
 * `broken`: a batch could not be applied, the state is not to be used.
 */
export type FollowStep =
  | { readonly kind: 'applied' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'reset'; readonly reason: string }
  | { readonly kind: 'problem'; readonly error: AdastraError }
  | { readonly kind: 'broken'; readonly error: AdastraError };

export class Following {
  readonly log: FollowedLog;
  /** Where it began. */
  readonly start: StartPoint;
  readonly parts: EngineParts;
  /** Writes checkpoints of this state into the follower's own directory. */
  readonly checkpointer: Checkpointer;
  readonly #replay: Replay;
  /** Commits behind it are not applied, though the log has them. */
  readonly #untilSeq: number;
  #bytes = 0;
  /** The bytes at which a checkpoint was last thought of. */
  #consideredBytes = 0;

  constructor(
    settings: FollowerSettings,
    start: StartPoint,
    untilSeq: number = Number.POSITIVE_INFINITY,
  ) {
    const { env, dataDir, logDir, options, identity } = settings;
    const { replica, place } = start;
    this.start = start;
    this.#untilSeq = untilSeq;
    const log = new FollowedLog(env, logDir, place, { pollBytes: STEP_BYTES });
    const replay = new Replay(replica, place.seq, replica.clock, replica.projections.observer);
    this.log = log;
    this.#replay = replay;
    this.parts = {
      env,
      dataDir: logDir,
      options,
      limits: options.limits,
      identity,
      replica,
      log,
      recovery: {
        checkpointSeq: place.seq,
        replayedCommits: 0,
        headSeq: place.seq,
        cleanClose: true,
        tornBytes: 0,
        aside: [],
        rejectedCheckpoints: [],
        durationMs: 0,
      },
      lock: undefined,
      damage: undefined,
      meter: new LaneMeter(),
    };
    this.checkpointer = new Checkpointer({
      env,
      dataDir,
      replica,
      lane: {
        parts: { log },
        vector: replica.vector,
        get publishedSeq() {
          return log.headSeq;
        },
        flush: async () => {},
      },
      get clock() {
        return replay.clock;
      },
      options,
      logBytes: () => this.#bytes,
    });
  }

  get seq(): number {
    return this.log.headSeq;
  }

  /** When the last commit was written that it holds, wall-clock ms. */
  get commitMs(): number {
    return this.#replay.clock.ms;
  }

  /** It can go no further: what comes next cannot be read by this version. */
  get isStopped(): boolean {
    return this.seq >= this.#untilSeq;
  }

  /** Applies what has become durable, as much as fits into one turn. */
  step(): FollowStep {
    const polled = this.log.poll();
    if (polled.kind !== 'batches') return polled;
    if (polled.batches.length === 0) return { kind: 'idle' };
    for (const batch of polled.batches) {
      if (batch.firstSeq > this.#untilSeq) return { kind: 'idle' };
      const error = this.#apply(batch);
      if (error !== undefined) return { kind: 'broken', error };
      this.log.accept(batch);
      this.#bytes += batch.frameBytes;
    }
    this.#checkpointIfDue();
    return { kind: 'applied' };
  }

  /** On its way it leaves a state behind at once; writing each would cost more than it spares. */
  #checkpointIfDue(): void {
    const isOnItsWay = this.log.durableSeq > this.seq;
    if (isOnItsWay && this.#bytes - this.#consideredBytes < ON_ITS_WAY_BYTES) return;
    this.#consideredBytes = this.#bytes;
    this.checkpointer.runIfDue(this.#bytes);
  }

  /** Gives up a checkpoint that is being written, and the files. */
  async close(): Promise<void> {
    await this.checkpointer.close();
    this.log.abandon();
  }

  #apply(batch: Batch): AdastraError | undefined {
    try {
      this.#replay.apply(batch);
      return undefined;
    } catch (error) {
      return unreadable(error, batch);
    }
  }
}

/** What carries good checksums and still cannot be applied: of a newer version, or a fault. */
function unreadable(error: unknown, { segment, offset, firstSeq }: Batch): AdastraError {
  const details = { segment, offset, lastGoodSeq: firstSeq - 1 };
  if (error instanceof NeedsNewerLevel) {
    return new AdastraError('upgrade_needed', `the log needs a newer version: ${error.message}`, {
      hint: 'upgrade the read daemon; until then it answers from what it could read',
      details,
    });
  }
  const reason = error instanceof MalformedBytes ? error.message : String(error);
  return new AdastraError(
    'log_damaged',
    `a commit behind seq ${firstSeq - 1} cannot be read: ${reason}`,
    { details: { ...details, reason }, cause: error },
  );
}
