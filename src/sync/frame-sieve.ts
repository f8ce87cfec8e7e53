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

export function siftFrame(bundles: readonly Uint8Array[], parts: SieveParts): Sifted {
  const take: SiftedBundle[] = [];
  const duplicates: BundleFacts[] = [];
  const refusals: Refusal[] = [];
  const broken = new Set<string>();
  for (const bytes of bundles) {
    const facts = bundleFacts(reader, bytes);
    if (facts === undefined) return { take: [], duplicates: [], refusals: [], garbage: true };
    if (facts.lastOriginSeq <= parts.vector.originSeqOf(facts.origin)) {
      duplicates.push(facts);
      continue;
    }
    if (broken.has(facts.origin)) continue;
    const refusal = judge(facts, parts);
    if (refusal === undefined) {
      take.push({ bytes, facts });
      continue;
    }
    refusals.push(refusal);
    if (refusal.kind === 'refused') broken.add(facts.origin);
  }
  return { take, duplicates, refusals, garbage: false };
}

/** Why it does not go on, noted in the table of holds; `reader` has it open. */
function judge(facts: BundleFacts, parts: SieveParts): Refusal | undefined {
  const { origin, firstOriginSeq: originSeq } = facts;
  const { holds, frozen } = parts;
  if (frozen.has(origin)) {
    return { origin, originSeq, kind: 'fork', reason: 'the origin is frozen', untilMs: 0 };
  }
  const hold = inherited(facts, parts) ?? own(facts, parts);
  if (hold === undefined) return undefined;
  if ('malformed' in hold) {
    return { origin, originSeq, kind: 'refused', reason: hold.malformed, untilMs: 0 };
  }
  holds.add(hold);
  const { kind, reason, untilMs } = hold;
  return { origin, originSeq, kind, reason, untilMs };
}

/** A hold because of what came before it in its origin or of what it has seen. */
function inherited(facts: BundleFacts, parts: SieveParts): Hold | undefined {
  const { origin, firstOriginSeq: originSeq, lastOriginSeq } = facts;
  const { holds, frozen, vector } = parts;
  const before = holds.blocking(origin, lastOriginSeq);
  if (before !== undefined) return { ...before, originSeq: Math.min(before.originSeq, originSeq) };
  for (const seen of facts.depends) {
    if (vector.originSeqOf(seen.origin) >= seen.originSeq) continue;
    const reason = `it has seen ${seen.origin}/${seen.originSeq}, which is held`;
    if (frozen.has(seen.origin)) {
      const needs = [seen];
      return { origin, originSeq, kind: 'held', reason, untilMs: 0, needs, retryMono: undefined };
    }
    const blocking = holds.blocking(seen.origin, seen.originSeq);
    if (blocking !== undefined) return { ...blocking, origin, originSeq, reason, kind: 'held' };
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
