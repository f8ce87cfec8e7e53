/**
 * What is followed, and who tells how far its log is durable. The follower reads files; news of
 * them come from a port, so that nothing is polled while somebody has the log open and says so.
 */

/** Whoever tells of a log does so at least this often, news or not. */
export const POSITION_EVERY_MS = 1_000;

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
  /** The commit before the first one that is still there. */
  readonly baseSeq: number;
  /** The newest segment, and how many bytes of it are durable. */
  readonly segment: number;
  readonly bytes: number;
  /** When it was so: ms by a clock of the teller's that never goes back. */
  readonly atMs: number;
}

/** What there is of a log as files, at one moment. */
export interface LogDescription extends LogPosition {
  /** 32 hex characters. */
  readonly worldId: string;
  /** Oldest first; of the last one what is durable. */
  readonly segments: readonly {
    readonly number: number;
    readonly firstSeq: number;
    readonly bytes: number;
  }[];
  /** Newest first. */
  readonly checkpoints: readonly { readonly seq: number; readonly bytes: number }[];
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
  /** Sees to it that there is a log to begin with; only called where there is none. */
  prepare?(): Promise<void>;
  start(listener: SourceListener): void;
  /** Idempotent; the listener hears nothing more. */
  close(): void;
}
