/**
 * Whether a vector holds a commit, where ended incarnations may have been left out of it: one
 * commit of a successor implies everything up to the end that it named (design § 9).
 */
import type { Vector } from '../../core/index.ts';
import type { Incarnations } from './incarnations.ts';

/** Whether a vector, compact or not, holds commit (`origin`, `originSeq`). */
export function coversIn(
  vector: Vector,
  incarnations: Incarnations,
  origin: string,
  originSeq: number,
): boolean {
  return incarnations.covers((other) => vector.originSeqOf(other), origin, originSeq);
}
