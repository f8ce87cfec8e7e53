/**
 * A log that lies on another machine, as its node gives it out. Who implements it sees to it that
 * every failure is an `AdastraError`: what the node answered (`reset`, `history_truncated`,
 * `forbidden`, …) or `unavailable`.
 */
import type { LogDescription, LogPosition } from './source.ts';

export interface RemoteLog {
  /** What there is at this moment. */
  describe(signal: AbortSignal): Promise<LogDescription>;
  /** How far it is, now and whenever that grows; leaving the loop ends it. */
  tail(signal: AbortSignal): AsyncIterable<LogPosition>;
  /** Durable bytes of a segment from `from` on, as many as come at once. */
  segment(
    place: { readonly logId: string; readonly segment: number; readonly from: number },
    signal: AbortSignal,
  ): Promise<Uint8Array>;
  /** The same of a checkpoint. */
  checkpoint(seq: number, from: number, signal: AbortSignal): Promise<Uint8Array>;
  close(): void;
}
