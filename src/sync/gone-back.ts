/**
 * A peer that has less than it said before: it was restored from a backup or rolled back. What was
 * taken out again on purpose (the end of a membership, a branch that did not stay) is no sign of
 * that, as long as this node lacks it too.
 */
import type { Vector } from '../core/index.ts';
import { keyOfOrigin } from './implied-origins.ts';
import type { SyncHost } from './ports.ts';

/**
 * Whether something that was acknowledged is missing now. Not where a successor that this node does
 * not know may imply it.
 */
export function hasGoneBack(before: Vector, now: Vector, host: SyncHost): boolean {
  const unknown = new Set<string>();
  const own = host.vector();
  for (const [origin] of now.entries()) {
    if (own.originSeqOf(origin) === 0) unknown.add(keyOfOrigin(origin));
  }
  return before
    .entries()
    .some(
      ([origin, { originSeq }]) =>
        now.originSeqOf(origin) < originSeq &&
        !unknown.has(keyOfOrigin(origin)) &&
        (now.originSeqOf(origin) < own.originSeqOf(origin) || host.mayGoBack?.() !== true),
    );
}
