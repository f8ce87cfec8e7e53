/**
 * One state of a node over one log: lane, writes, reads, checkpointer. A snapshot of another node
 * replaces all of it at once; whoever wants the present one asks the engine each time.
 */
import { HybridClock } from '../core/index.ts';
import { OperationRegistry } from '../store/operations/index.ts';
import { Lane, Writes } from '../store/transactions/index.ts';
import { authorOf } from './author.ts';
import type { FeedSource } from './change-feed.ts';
import { Checkpointer } from './checkpointer.ts';
import type { EngineParts } from './engine-parts.ts';
import type { PeeringNode } from './peering/peering-node.ts';
import { Reads } from './reads.ts';

export class Opening {
  readonly parts: EngineParts;
  readonly reads: Reads;
  /** `undefined` where the node only reads. */
  readonly lane: Lane | undefined;
  readonly writes: Writes | undefined;
  readonly checkpointer: Checkpointer | undefined;

  constructor(parts: EngineParts) {
    this.parts = parts;
    const { env, dataDir, replica, limits, options } = parts;
    this.reads = new Reads(replica.storage, replica.origins, limits, () => this.seq);
    if (parts.lock === undefined) return;
    const clock = new HybridClock(replica.clock, limits.toleratedForwardJumpMs);
    const lane = makeLane(parts, clock);
    this.lane = lane;
    this.writes = new Writes(lane);
    replica.logVector = () => lane.logVector();
    this.checkpointer = new Checkpointer({ env, dataDir, replica, lane, clock, options });
  }

  /** Seq of the last commit that readers see. */
  get seq(): number {
    return this.lane?.publishedSeq ?? this.parts.log.headSeq;
  }

  /** What the change feed reads. */
  feedSource(): FeedSource {
    const { env, log, limits, options } = this.parts;
    const { logger } = options;
    return { env, log, limits, logger, publishedSeq: () => this.seq };
  }

  /** What peering works with; `undefined` where the node only reads. */
  peeringNode(): PeeringNode | undefined {
    const { env, dataDir, options, identity, log, replica } = this.parts;
    const { lane } = this;
    return lane && { env, dataDir, options, identity, log, replica, lane };
  }

  /** Waits for admitted writes; the lock stays with the engine. */
  async close(): Promise<void> {
    const { log, options } = this.parts;
    await this.checkpointer?.close();
    await this.lane?.close();
    if (this.lane === undefined || this.lane.failure !== undefined) {
      log.abandon();
      return;
    }
    const failure = log.close();
    if (failure !== undefined) options.logger?.error(`closing the log: ${failure.message}`);
  }
}

function makeLane(
  { env, log, replica, options, identity, meter }: EngineParts,
  clock: HybridClock,
): Lane {
  const { storage, origins, vector, incarnations, seen, commands, collected } = replica;
  return new Lane({
    env,
    log,
    storage,
    origins,
    vector,
    incarnations,
    seen,
    commands,
    collected,
    decided: replica.decided,
    heads: replica.heads,
    policies: {
      definitions: options.policies,
      warn: (message) => options.logger?.warn(message),
    },
    // Its own: the lane adds those of the world, now and when they change.
    limits: options.limits,
    clock,
    operations: new OperationRegistry(options.operations),
    author: authorOf(env, identity, replica, log.term),
    durability: options.durability,
    meter,
    flush: { intervalMs: options.intervalMs, blockingFlush: options.blockingFlush },
  });
}
