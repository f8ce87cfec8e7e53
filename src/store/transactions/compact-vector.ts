/**
 * Vectors as they travel: an incarnation is left out exactly where its value equals the end named
 * by a successor that is in, since one commit of the successor implies it (design § 9). This
 * follows from the data alone, so equal vectors have equal compact forms, and back.
 */
import { Vector } from '../../core/index.ts';
import type { Incarnations } from './incarnations.ts';

/** The vector without what follows from the rest of it. */
export function compactVector(vector: Vector, incarnations: Incarnations): Vector {
  const compact = new Vector();
  for (const [origin, { originSeq, digest }] of vector.entries()) {
    if (incarnations.isEndedAt(origin, originSeq, vector)) continue;
    compact.advance(origin, originSeq, digest);
  }
  return compact;
}

/** Whether a vector, compact or not, holds commit (`origin`, `originSeq`). */
export function coversIn(
  vector: Vector,
  incarnations: Incarnations,
  origin: string,
  originSeq: number,
): boolean {
  return incarnations.covers((other) => vector.originSeqOf(other), origin, originSeq);
}
