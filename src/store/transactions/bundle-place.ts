/**
 * Whether a bundle is the next of its origin's chain, with everything that its author had seen
 * applied already (causal order, INV-7); and if not, what is missing, or where it tells of another
 * chain than the one here (INV-9).
 */
import { type BundleReader, CHAIN_START, equalBytes } from '../../core/index.ts';

/** A commit by its name. */
export interface CommitName {
  readonly origin: string;
  readonly originSeq: number;
}

/** How far origins reach. */
export interface Reach {
  originSeqOf(origin: string): number;
  digestOf(origin: string): Uint8Array;
}

/** Why a bundle cannot be applied. */
export type Misplaced =
  /** These are to be applied before it. */
  | { readonly kind: 'waiting'; readonly missing: readonly CommitName[] }
  /** Its author had seen another commit under this name. */
  | { readonly kind: 'fork'; readonly fork: CommitName };

/** What the bundle that the reader stands in needs of other origins. */
export function neededBy({ seen, predecessor }: BundleReader): readonly NeededCommit[] {
  if (!predecessor) return seen;
  const { origin, lastOriginSeq: originSeq, digestHead } = predecessor;
  return [...seen, { origin, originSeq, digestHead }];
}

export interface NeededCommit extends CommitName {
  readonly digestHead: Uint8Array;
}

/** `undefined` where the bundle is in its place behind what `reach` holds. */
export function misplaced(
  reach: Reach,
  { origin, firstOriginSeq }: Pick<BundleReader, 'origin' | 'firstOriginSeq'>,
  needed: readonly NeededCommit[],
): Misplaced | undefined {
  const missing: CommitName[] = [];
  if (firstOriginSeq > reach.originSeqOf(origin) + 1) {
    missing.push({ origin, originSeq: firstOriginSeq - 1 });
  }
  for (const { origin: other, originSeq, digestHead } of needed) {
    const here = reach.originSeqOf(other);
    if (here < originSeq) missing.push({ origin: other, originSeq });
    else if (here === originSeq && !isHead(reach.digestOf(other), digestHead)) {
      return { kind: 'fork', fork: { origin: other, originSeq } };
    }
  }
  return missing.length > 0 ? { kind: 'waiting', missing } : undefined;
}

function isHead(digest: Uint8Array, head: Uint8Array): boolean {
  return digest !== CHAIN_START && equalBytes(digest.subarray(0, head.length), head);
}
