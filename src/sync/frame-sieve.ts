/**
 * Which bundles of a frame go on to the lane. Kept back: what is stamped further ahead than the
 * drift limit (C3), what is of a frozen origin, what a newer version wrote, all that follows one of
 * these in its origin and all that has seen one of them. Other origins go on. What is applied here
 * already is passed over.
 */
import { BundleReader, type Refusal, type Vector } from '../core/index.ts';
import { type BundleFacts, bundleFacts, greatestStamp } from './bundle-facts.ts';
import type { FrozenOrigins } from './frozen-origins.ts';
import type { Hold, HoldTable } from './hold-table.ts';

export interface SieveParts {
  readonly holds: HoldTable;
  readonly frozen: FrozenOrigins;
  /** Applied and durable here. */
  readonly vector: Vector;
  readonly wall: number;
  readonly driftLimitMs: number;
}

export interface SiftedBundle {
  readonly bytes: Uint8Array;
  readonly facts: BundleFacts;
}

export interface Sifted {
  readonly take: readonly SiftedBundle[];
  readonly duplicates: readonly BundleFacts[];
  readonly refusals: readonly Refusal[];
  /** Something in it is no bundle at all: its sender is faulty. */
  readonly garbage: boolean;
}

const reader = new BundleReader();

/** What one frame has come to so far. */
interface FrameSoFar extends SieveParts {
  /** How far each origin is taken by this frame. */
  readonly reached: Map<string, number>;
  /** Why the rest of an origin is kept back. */
  readonly held: Map<string, Hold>;
}

export function siftFrame(bundles: readonly Uint8Array[], parts: SieveParts): Sifted {
  const take: SiftedBundle[] = [];
  const duplicates: BundleFacts[] = [];
  const refusals: Refusal[] = [];
  const broken = new Set<string>();
  const frame: FrameSoFar = { ...parts, reached: new Map(), held: new Map() };
  for (const bytes of bundles) {
    const facts = bundleFacts(reader, bytes);
    if (facts === undefined) return { take: [], duplicates: [], refusals: [], garbage: true };
    if (facts.lastOriginSeq <= parts.vector.originSeqOf(facts.origin)) {
      duplicates.push(facts);
      continue;
    }
    if (broken.has(facts.origin)) continue;
    const refusal = judge(facts, frame);
    if (refusal === undefined) {
      take.push({ bytes, facts });
      frame.reached.set(facts.origin, facts.lastOriginSeq);
      continue;
    }
    refusals.push(refusal);
    if (refusal.kind === 'refused') broken.add(facts.origin);
  }
  return { take: withoutCutOff(take, frame, refusals), duplicates, refusals, garbage: false };
}

/**
 * A head vouches for all of its origin in a frame: what stands before a bundle that is kept back
 * cannot be proved without it. It waits too, or it would count as unsigned, and that for good.
 */
function withoutCutOff(
  take: readonly SiftedBundle[],
  { held, holds }: FrameSoFar,
  refusals: Refusal[],
): SiftedBundle[] {
  return take.filter(({ facts: { origin, firstOriginSeq: originSeq } }) => {
    const hold = held.get(origin);
    if (hold === undefined) return true;
    const { kind, reason, untilMs } = hold;
    holds.add({ ...hold, originSeq });
    refusals.push({ origin, originSeq, kind, reason, untilMs });
    return false;
  });
}

/** Why it does not go on, noted in the table of holds; `reader` has it open. */
function judge(facts: BundleFacts, frame: FrameSoFar): Refusal | undefined {
  const { origin, firstOriginSeq: originSeq } = facts;
  const { holds, frozen, held } = frame;
  if (frozen.has(origin)) {
    return { origin, originSeq, kind: 'fork', reason: 'the origin is frozen', untilMs: 0 };
  }
  const hold = inherited(facts, frame) ?? own(facts, frame);
  if (hold === undefined) return undefined;
  if ('malformed' in hold) {
    return { origin, originSeq, kind: 'refused', reason: hold.malformed, untilMs: 0 };
  }
  holds.add(hold);
  if (!held.has(origin)) held.set(origin, hold);
  const { kind, reason, untilMs } = hold;
  return { origin, originSeq, kind, reason, untilMs };
}

/** The hold on this origin, unless this frame has brought what it waits for. */
function blocking(
  { holds, vector, reached }: FrameSoFar,
  origin: string,
  originSeq: number,
): Hold | undefined {
  const hold = holds.blocking(origin, originSeq);
  if (hold === undefined || hold.needs.length === 0 || hold.untilMs > 0) return hold;
  const isHere = hold.needs.every(
    (need) =>
      Math.max(vector.originSeqOf(need.origin), reached.get(need.origin) ?? 0) >= need.originSeq,
  );
  return isHere ? undefined : hold;
}

/** A hold because of what came before it in its origin or of what it has seen. */
function inherited(facts: BundleFacts, frame: FrameSoFar): Hold | undefined {
  const { origin, firstOriginSeq: originSeq, lastOriginSeq } = facts;
  const { frozen, vector } = frame;
  const before = blocking(frame, origin, lastOriginSeq);
  if (before !== undefined) return { ...before, originSeq: Math.min(before.originSeq, originSeq) };
  for (const seen of facts.depends) {
    if (vector.originSeqOf(seen.origin) >= seen.originSeq) continue;
    const reason = `it has seen ${seen.origin}/${seen.originSeq}, which is held`;
    if (frozen.has(seen.origin)) {
      const needs = [seen];
      return { origin, originSeq, kind: 'held', reason, untilMs: 0, needs, retryMono: undefined };
    }
    const hold = blocking(frame, seen.origin, seen.originSeq);
    if (hold !== undefined) return { ...hold, origin, originSeq, reason, kind: 'held' };
  }
  return undefined;
}

/** A hold because of what it is itself. */
function own(facts: BundleFacts, parts: SieveParts): Hold | { malformed: string } | undefined {
  const { origin, firstOriginSeq: originSeq } = facts;
  const rest = { origin, originSeq, needs: [], retryMono: undefined };
  const stamp = greatestStamp(reader);
  if ('ms' in stamp) {
    const aheadMs = stamp.ms - parts.wall;
    if (aheadMs <= parts.driftLimitMs) return undefined;
    const untilMs = stamp.ms - parts.driftLimitMs;
    const ahead = `its stamp is ${Math.round(aheadMs / 1000)} s ahead of the clock here`;
    const reason = `${ahead}: it waits until ${new Date(untilMs).toISOString()}`;
    return { ...rest, kind: 'held', reason, untilMs };
  }
  if (stamp.kind === 'malformed') return { malformed: `malformed: ${stamp.reason}` };
  return { ...rest, kind: 'unsupported', reason: stamp.reason, untilMs: 0 };
}
