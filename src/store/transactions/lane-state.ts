/**
 * Where the lane stands: what must go back to its last durable value when a flush is refused. An
 * immutable value; each sealed batch carries the one that holds behind it.
 */
import { CHAIN_START } from '../../core/index.ts';

export interface LaneState {
  /** Seq of the last commit of this log. */
  readonly seq: number;
  /** originSeq of the last own commit of this incarnation; 0 before the first. */
  readonly originSeq: number;
  /** Chain digest of this incarnation there. */
  readonly chain: Uint8Array;
  /** The seq that the newest note of decided conflicts stands behind; 0 while there is none. */
  readonly decidedSeq: number;
  /** Of other origins, the part of the vector that own bundles have named as seen. */
  readonly named: ReadonlyMap<string, number>;
}

/** Where an opening begins: at the head of the log, nothing written yet. */
export function firstLaneState(seq: number, decidedSeq: number): LaneState {
  return { seq, originSeq: 0, chain: CHAIN_START, decidedSeq, named: new Map() };
}
