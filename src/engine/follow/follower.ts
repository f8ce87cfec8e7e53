/**
 * A node that reads: it follows the log of another one and answers as that one does, a moment
 * later. It writes nothing but checkpoints into a directory of its own. Commits become visible
 * whole, between two turns. A log that is no longer the one that it followed (cut, replaced, of
 * another world, let go before it was read) is noticed by (seq, digest), and the state is made anew
 * beside the present one, which answers until the new one has caught up.
 */
import { AdastraError, equalBytes, hexOf } from '../../core/index.ts';
import type { FileLock, Timer } from '../../env/index.ts';
import { listCheckpoints, readCheckpointHeader } from '../../store/checkpoint/index.ts';
import type { Writes } from '../../store/transactions/index.ts';
import { checkpointDirectory } from '../directory.ts';
import { Engine } from '../engine.ts';
import type { Freshness } from '../freshness.ts';
import type { CheckpointInfo, NodeStatus, ReaderStatus } from '../node-api.ts';
import { metersOf, type NodeMeters, type NotReady } from '../node-meters.ts';
import { type FollowerSettings, Following } from './following.ts';
import type { FollowSource, LogPosition, SourceListener, SourceWatch } from './source.ts';
import { SourceLag } from './source-lag.ts';
import { ownStart, sourceStart, type StartPoint } from './start-point.ts';

/** How often the files are looked at while nobody tells. */
const POLL_MS = 500;
/** How soon again where what was told is not in the files yet. */
const RETRY_MS = 50;

export interface FollowerParts {
  readonly settings: FollowerSettings;
  readonly source: FollowSource;
  readonly watch: SourceWatch;
  /** Of the follower's own directory. */
  readonly lock: FileLock;
}

export class Follower extends Engine implements SourceListener {
  readonly #parts: FollowerParts;
  readonly #lag: SourceLag;
  #present: Following;
  /** What takes the place of the present one when it has caught up. */
  #next: Following | undefined;
  #problem: AdastraError | undefined;
  #rebuilds = 0;
  /** Checkpoints of the source that the log did not lead on from. */
  readonly #useless = new Set<string>();
  #lastRebuild: ReaderStatus['lastRebuild'];
  /** What was told last, while somebody tells. */
  #position: LogPosition | undefined;
  #timer: Timer | undefined;
  /** Whether it has had all that the source held, once. */
  #hasState = false;
  #isScheduled = false;
  #isPumping = false;
  #ending: Promise<void> | undefined;

  constructor(parts: FollowerParts, start: StartPoint) {
    const present = new Following(parts.settings, start);
    super(present.parts);
    this.#parts = parts;
    this.#present = present;
    this.#lag = new SourceLag(parts.source.kind, parts.settings.env.clock);
    parts.settings.options.logger?.info(`following ${nameOf(parts.source)} from ${start.from}`, {
      event: 'following',
    });
    parts.watch.start(this);
    this.#pump();
  }

  /** The source's writer says how far it is. */
  told(position: LogPosition): void {
    if (this.#ending !== undefined) return;
    this.#lag.told(position.atMs);
    this.#position = position;
    this.#note(this.#next ?? this.#present);
    this.#measure();
    this.#pump();
  }

  lost(reason: string): void {
    if (this.#ending !== undefined) return;
    if (this.#lag.isConnected) {
      this.parts.options.logger?.warn(`nobody tells of ${nameOf(this.#parts.source)}: ${reason}`, {
        event: 'source_lost',
      });
    }
    this.#lag.lost();
    this.#position = undefined;
    for (const following of [this.#present, this.#next]) following?.log.forgetTold();
    this.#schedule();
  }

  override async freshness(): Promise<Freshness> {
    this.checkOpen();
    return this.#freshness();
  }

  override async status(): Promise<NodeStatus> {
    const status = await super.status();
    const problem = this.#problem;
    return {
      ...status,
      ...(problem === undefined
        ? {}
        : { health: 'damaged' as const, healthReason: problem.message }),
      reader: this.#readerStatus(),
    };
  }

  override meters(): NodeMeters {
    const meters = metersOf(this, this.#parts.settings.dataDir);
    return this.#problem === undefined ? meters : { ...meters, health: 'damaged' };
  }

  /** Later it answers whatever happens to its source: answers say how old they may be. */
  override notReady(): NotReady {
    if (this.#ending !== undefined) return { code: 'closed', reason: 'the node is closed' };
    if (this.#hasState) return undefined;
    return { code: 'not_yet', reason: 'its first state is being made from the log' };
  }

  override async checkpoint(): Promise<CheckpointInfo> {
    this.checkOpen();
    return this.#present.checkpointer.run();
  }

  override writable(): Writes {
    this.checkOpen();
    throw new AdastraError('read_only', 'this is a read daemon: it takes no writes', {
      hint: `write to the node that it follows: ${nameOf(this.#parts.source)}`,
      details: { follows: this.#parts.source },
    });
  }

  override close(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    const { watch, lock } = this.#parts;
    watch.close();
    this.#timer?.cancel();
    await Promise.all([this.#present.close(), this.#next?.close()]);
    await super.close();
    lock.release();
  }

  /** Does what there is to do now, a turn's worth, and sees to it that the rest follows. */
  #pump(): void {
    if (this.#ending !== undefined || this.#isPumping) return;
    this.#isPumping = true;
    try {
      const isMore = this.#advance();
      this.#measure();
      if (isMore) this.#soon();
      else this.#schedule();
    } finally {
      this.#isPumping = false;
    }
  }

  /** Whether there is more to do at once. */
  #advance(): boolean {
    const target = this.#next ?? this.#present;
    const before = target.seq;
    const step = target.step();
    const goesOn = step.kind === 'applied' || step.kind === 'idle';
    if (goesOn && !target.isStopped) this.#problem = undefined;
    switch (step.kind) {
      case 'applied':
        if (target === this.#present && target.seq > before) this.#published();
        return true;
      case 'idle':
        return this.#caughtUp(target);
      case 'reset':
        return this.#rebuild(step.reason);
      case 'problem':
        this.#tell(step.error);
        return false;
      case 'broken':
        this.#tell(step.error);
        this.#heal(target, before);
        return false;
    }
  }

  #caughtUp(target: Following): boolean {
    if (target === this.#next) {
      if (target.log.durableSeq > target.seq && !target.isStopped) return false;
      this.#adoptNext(target);
      return false;
    }
    this.#hasState = true;
    if (target.seq > 0 && this.#ownCheckpoints().length === 0) this.#checkpointSoon();
    return false;
  }

  /** The log that was followed is gone: the state is made anew from what stands there now. */
  #rebuild(reason: string): boolean {
    const { settings, source } = this.#parts;
    const { env, logDir, options } = settings;
    if (this.#lastRebuild?.reason !== reason || this.#problem === undefined) {
      this.parts.options.logger?.warn(
        `${nameOf(source)} is not the log that was followed (${reason}): made anew from it`,
        { event: 'source_replaced' },
      );
    }
    this.#lastRebuild = { reason, atMs: env.clock.wallMs(), fromSeq: 0 };
    const failed = this.#next ?? this.#present;
    const { file } = failed.start;
    if (file !== undefined && failed.seq === failed.start.place.seq) this.#useless.add(file);
    void this.#next?.close();
    this.#next = undefined;
    try {
      const start = sourceStart(env, logDir, options, this.#useless);
      this.#next = new Following(settings, start);
    } catch (error) {
      if (!AdastraError.is(error)) throw error;
      // The present state's log says `reset` again at the next look.
      this.#tell(error);
      return false;
    }
    this.#note(this.#next);
    this.#lastRebuild = { ...this.#lastRebuild, fromSeq: this.#next.seq };
    return true;
  }

  #adoptNext(next: Following): void {
    const { env } = this.#parts.settings;
    const gone = this.#present;
    for (const { file } of this.#ownCheckpoints()) {
      // One of this log was copied here for it to begin with.
      const header = readCheckpointHeader(env, file);
      const isOurs = header.ok && equalBytes(header.value.logId, next.log.logId);
      if (!isOurs || header.value.seq > next.seq) env.fs.removeFile(file);
    }
    this.#present = next;
    this.#next = undefined;
    this.#rebuilds++;
    this.#useless.clear();
    this.adopt(next.parts);
    void gone.close();
    this.parts.options.logger?.info(`the state was made anew, it stands at seq ${next.seq}`, {
      event: 'rebuilt',
    });
    this.#checkpointSoon();
  }

  /**
   * A batch failed half way, so what it touched is not to be seen: in this same turn the state
   * before it is made again. It stays there until a newer version reads on.
   */
  #heal(broken: Following, lastGoodSeq: number): void {
    const { settings } = this.#parts;
    const { env, dataDir, logDir, options } = settings;
    const own = broken === this.#present ? ownStart(env, dataDir, options) : undefined;
    const isOwn = own !== undefined && own.place.seq <= lastGoodSeq;
    const start = isOwn ? own : sourceStart(env, logDir, options);
    const healed = new Following(settings, start, lastGoodSeq);
    while (healed.step().kind === 'applied') continue;
    if (broken === this.#present) {
      this.#present = healed;
      this.adopt(healed.parts);
    } else this.#next = healed;
    this.#note(healed);
    void broken.close();
  }

  #published(): void {
    this.feed.grew();
    this.published(this.seq);
    this.#present.log.onDurable();
  }

  /** Of another log nothing is believed; that it is another one shows in the files. */
  #note({ log }: Following): void {
    if (this.#position?.logId === hexOf(log.logId))
      log.noteMark(this.#position.seq, this.#position);
    else log.forgetTold();
  }

  #tell(error: AdastraError): void {
    if (this.#problem?.message === error.message) return;
    this.#problem = error;
    this.parts.options.logger?.error(`${nameOf(this.#parts.source)}: ${error.message}`, {
      event: 'source_fault',
    });
  }

  #measure(): void {
    const { log } = this.#next ?? this.#present;
    this.#lag.setBehind(this.#next !== undefined || log.durableSeq > this.#present.seq);
  }

  #freshness(): Freshness {
    const { seq } = this.#present;
    const { durableSeq } = (this.#next ?? this.#present).log;
    // Of a log that is another one, readers see nothing yet.
    const lagCommits = this.#next === undefined ? Math.max(0, durableSeq - seq) : durableSeq;
    // The present state may be of another log: how new that is says nothing.
    const commitMs = this.#next === undefined ? this.#present.commitMs : 0;
    return this.#lag.freshness({ seq, logSeq: durableSeq, lagCommits, commitMs });
  }

  #readerStatus(): ReaderStatus {
    const { source } = this.#parts;
    const { logSeq, lagCommits, lagMs, source: reached } = this.#freshness();
    return {
      follows: source.kind === 'url' ? source.url : source.path,
      ...reached,
      logSeq,
      lagCommits,
      lagMs,
      rebuilding: this.#next !== undefined,
      rebuilds: this.#rebuilds,
      ...(this.#lastRebuild === undefined ? {} : { lastRebuild: this.#lastRebuild }),
      ...(this.#problem === undefined
        ? {}
        : { problem: { code: this.#problem.code, message: this.#problem.message } }),
    };
  }

  #ownCheckpoints(): readonly { readonly file: string }[] {
    const { env, dataDir } = this.#parts.settings;
    return listCheckpoints(env, checkpointDirectory(env, dataDir));
  }

  #checkpointSoon(): void {
    this.#present.checkpointer.run().catch((error: unknown) => {
      if (this.#ending === undefined) {
        this.parts.options.logger?.error(`checkpoint failed: ${String(error)}`, {
          event: 'checkpoint_failed',
        });
      }
    });
  }

  #soon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.parts.env.timers.soon(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  /** Nothing to do at once: the next news, or a look of its own. */
  #schedule(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { log } = this.#next ?? this.#present;
    const isWaiting = this.#problem === undefined && log.durableSeq > log.headSeq;
    if (this.#lag.isConnected && !isWaiting && this.#problem === undefined && !this.#next) return;
    const ms = isWaiting || this.#next !== undefined ? RETRY_MS : POLL_MS;
    this.#timer = this.parts.env.timers.after(ms, () => this.#pump());
  }
}

/** As people and logs name it. */
export function nameOf(source: FollowSource): string {
  return source.kind === 'url' ? source.url : source.path;
}
