/**
 * The stable frontier: what every member that is not closed has durably, as the pointwise minimum
 * over the last vector that each of them signed. It is used only by a node that has applied
 * everything those vectors cover (design § 9); otherwise there is none. Pure: same input, same
 * frontier.
 */
import { CHAIN_START, equalBytes, Vector } from '../core/index.ts';
import { covers, expandVector, type PredecessorOf } from './wire-vector.ts';

export interface FrontierParts {
  /** Applied and durable here; every incarnation. */
  readonly own: Vector;
  /** Fingerprints of the members not closed, this node included or not. */
  readonly members: readonly string[];
  /** Of this node; its own vector counts as its statement. */
  readonly self: string;
  /** The last statement of each member, as it travelled. */
  readonly statementOf: (fingerprint: string) => Vector | undefined;
  readonly predecessorOf: PredecessorOf;
}

/** `undefined` where a statement covers what is not here. Who said nothing has nothing. */
export function stableFrontier(parts: FrontierParts): Vector | undefined {
  const { own, members, self, statementOf, predecessorOf } = parts;
  let frontier = own.copy();
  for (const member of members) {
    if (member === self) continue;
    const said = expandVector(statementOf(member) ?? new Vector(), predecessorOf);
    if (!covers(own, said)) return undefined;
    frontier = minimum(frontier, said, own);
  }
  return frontier;
}

/** Pointwise; digests are those of this node where it stands at the same place. */
function minimum(left: Vector, right: Vector, own: Vector): Vector {
  const least = new Vector();
  for (const [origin, { originSeq }] of left.entries()) {
    const lower = Math.min(originSeq, right.originSeqOf(origin));
    if (lower === 0) continue;
    least.advance(origin, lower, digestAt(origin, lower, [own, right]));
  }
  return least;
}

function digestAt(origin: string, originSeq: number, vectors: readonly Vector[]): Uint8Array {
  for (const vector of vectors) {
    if (vector.originSeqOf(origin) !== originSeq) continue;
    const digest = vector.digestOf(origin);
    if (!equalBytes(digest, CHAIN_START)) return digest;
  }
  return CHAIN_START;
}

/** Whether `next` goes further than `before` anywhere. */
export function hasAdvanced(before: Vector, next: Vector): boolean {
  return !covers(before, next);
}
