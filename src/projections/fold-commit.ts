/**
 * What is folded: the commits of the log in order, each with what it made of its keys. The lane
 * publishes such commits, replay reports them; both give for each key the cell that readers get of
 * it. Its bytes are lent: what is to stay is decoded inside the call.
 */
import { decodeValue, type Value } from '../core/index.ts';
import { type Cell, KIND_REMOVE } from '../store/storage/index.ts';
import type { ProjectionEvent } from './projection.ts';

export interface FoldCommit {
  readonly seq: number;
  /** Its keys, linked; `undefined` for a commit without effect. */
  readonly first: FoldEntry | undefined;
}

export interface FoldEntry {
  readonly key: string;
  /** What readers get of the key behind this commit. */
  readonly cell: Cell;
  readonly next: FoldEntry | undefined;
}

const VALUE_CODEC_MASK = 0x0f;

/** The event that one projection gets: data of its own, to keep or to change. */
export function eventOf(key: string, cell: Cell, seq: number): ProjectionEvent {
  const { kind, ms: timeMs } = cell;
  if (kind === KIND_REMOVE) return { key, kind: 'remove', value: undefined, seq, timeMs };
  return { key, kind: 'put', value: valueOf(cell), seq, timeMs };
}

function valueOf({ valueHead, source, start, end }: Cell): Value {
  return decodeValue(valueHead & VALUE_CODEC_MASK, source, start, end, false);
}
