/**
 * Vectors as they travel: an ended incarnation is left out exactly where its value is the end that
 * a successor in the vector has named, since one commit of the successor implies it (design § 9).
 * What a peer's vector implies is filled in again as far as this node knows the chain; what it does
 * not know yet is in doubt (`ImpliedOrigins`).
 */
import { CHAIN_START, Vector } from '../core/index.ts';
import type { NamedEnd } from './ports.ts';

export type PredecessorOf = (origin: string) => NamedEnd | undefined;

/** Raises an entry; `false` where it is there already. */
export function raise(
  vector: Vector,
  origin: string,
  originSeq: number,
  digest: Uint8Array = CHAIN_START,
): boolean {
  if (originSeq <= vector.originSeqOf(origin)) return false;
  vector.advance(origin, originSeq, digest);
  return true;
}

/** Raises an entry and what it implies; the digests of what is implied are not known. */
export function raiseWithEnds(
  vector: Vector,
  origin: string,
  originSeq: number,
  predecessorOf: PredecessorOf,
): void {
  raise(vector, origin, originSeq);
  let end = predecessorOf(origin);
  // Ends strictly rise on the way, so that even a circle of names comes to its end.
  while (end !== undefined && raise(vector, end.origin, end.lastOriginSeq)) {
    end = predecessorOf(end.origin);
  }
}

/** The vector with the ended incarnations that it implies. Digests of those are not known. */
export function expandVector(vector: Vector, predecessorOf: PredecessorOf): Vector {
  const expanded = vector.copy();
  for (const [origin, { originSeq }] of vector.entries()) {
    raiseWithEnds(expanded, origin, originSeq, predecessorOf);
  }
  return expanded;
}

/** What of it has to travel. */
export function compactVector(vector: Vector, predecessorOf: PredecessorOf): Vector {
  const entries = vector.entries();
  const implied = new Set<string>();
  for (const [origin] of entries) {
    const end = predecessorOf(origin);
    if (end !== undefined && vector.originSeqOf(end.origin) === end.lastOriginSeq) {
      implied.add(end.origin);
    }
  }
  const compact = new Vector();
  for (const [origin, { originSeq, digest }] of entries) {
    if (originSeq > 0 && !implied.has(origin)) compact.advance(origin, originSeq, digest);
  }
  return compact;
}

/** Whether `vector` has at least everything that `other` names. */
export function covers(vector: Vector, other: Vector): boolean {
  return other
    .entries()
    .every(([origin, { originSeq }]) => vector.originSeqOf(origin) >= originSeq);
}
