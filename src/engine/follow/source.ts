/**
 * What is followed, and who tells how far its log is durable. The follower reads files; news of
 * them come from a port, so that nothing is polled while somebody has the log open and says so.
 */

/** Whose log is followed. */
export type FollowSource =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string };

/** How far a log is durable, told by whoever has it open. */
export interface LogPosition {
  /** 32 hex characters. */
  readonly logId: string;
  /** All commits up to this one are durable. */
  readonly seq: number;
}

/** Hears of a source. Never called inside `start`. */
export interface SourceListener {
  /** Whoever has the log open says how far it is; also now and then when nothing is new. */
  told(position: LogPosition): void;
  /** Nobody says it any more. */
  lost(reason: string): void;
}

/** News of one source; goes on trying while nobody is there. */
export interface SourceWatch {
  start(listener: SourceListener): void;
  /** Idempotent; the listener hears nothing more. */
  close(): void;
}
