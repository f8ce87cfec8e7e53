/**
 * What all parts of one engine share: the host, the options, the randomness for jitter, and what
 * holds for all peers alike (frozen origins, dead letters, statements, counters, work to be done).
 */
import { type Prng, type Vector, equalBytes, hexOf } from '../core/index.ts';
import type { DeadLetterList } from './dead-letter-list.ts';
import type { FrozenOrigins } from './frozen-origins.ts';
import type { Now, SyncHost } from './ports.ts';
import type { StatementBook } from './statement-book.ts';
import type { SyncCounters } from './sync-counters.ts';
import type { SyncOptions } from './sync-options.ts';
import type { WorkQueue } from './sync-work.ts';
import type { PredecessorOf } from './wire-vector.ts';

export interface SyncContext {
  readonly host: SyncHost;
  readonly options: SyncOptions;
  readonly prng: Prng;
  readonly counters: SyncCounters;
  readonly work: WorkQueue;
  readonly frozen: FrozenOrigins;
  readonly deadLetters: DeadLetterList;
  readonly statements: StatementBook;
  readonly predecessorOf: PredecessorOf;
  /** Names a frame for the lane; never twice in one engine. */
  nextTicket: number;
}

/** Freezes an origin, once, with an alarm. */
export function freeze(
  context: SyncContext,
  peer: string,
  fork: { origin: string; originSeq: number; digestThere?: Uint8Array; digestHere?: Uint8Array },
): void {
  const { origin, originSeq, digestThere } = fork;
  if (context.host.isDecided?.(origin) === true) return;
  const digestHere = fork.digestHere ?? digestOf(context.host, origin, originSeq);
  const fact = { origin, originSeq, reportedBy: peer, digestHere, digestThere };
  if (!context.frozen.freeze(fact)) return;
  const there = digestThere === undefined ? '' : `, there ${hexOf(digestThere, 0, 8)}`;
  const detail = `two commits are called ${origin}/${originSeq}${there}: the origin is frozen`;
  context.work.alarm({ alarm: 'fork', peer, origin, detail });
  context.work.peerChanged(peer);
}

function digestOf(host: SyncHost, origin: string, originSeq: number): Uint8Array | undefined {
  const own = host.vector();
  const reached = own.originSeqOf(origin);
  if (originSeq === 0 || reached < originSeq) return undefined;
  return reached === originSeq ? own.digestOf(origin) : host.digestAt?.(origin, originSeq);
}

/** The peer's vector names other bytes than ours at the same place: a fork (N1). */
export function freezeForks(context: SyncContext, peer: string, said: Vector): void {
  for (const [origin, { originSeq, digest }] of said.entries()) {
    const here = digestOf(context.host, origin, originSeq);
    if (here === undefined || equalBytes(here, digest)) continue;
    freeze(context, peer, { origin, originSeq, digestThere: digest });
  }
}

/** The nearer of two monotonic times. */
export function sooner(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined) return right;
  return right === undefined ? left : Math.min(left, right);
}

/** When a wall time is reached, by the monotonic clock. */
export function monoOfWall(wall: number | undefined, now: Now): number | undefined {
  return wall === undefined ? undefined : now.mono + Math.max(0, wall - now.wall);
}
