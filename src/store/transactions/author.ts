/**
 * Who writes into a log: the name of this opening of the directory, fixed for as long as it lasts,
 * so that nothing written later can carry it again (INV-9).
 */
import type { Predecessor } from '../../core/index.ts';

/** Who writes: fixed for one opening of the directory. */
export interface Author {
  /** Key id and incarnation, 32 bytes. */
  readonly origin: Uint8Array;
  readonly originText: string;
  readonly term: number;
  /** The incarnation before this one; `null` if this key never wrote here. */
  readonly predecessor: Predecessor | null;
}
