/**
 * What the command line needs of the package beside a running node: opening, making, checking and
 * repairing, joining a directory, reaching the process that has it open, serving one. One seam, so
 * that tests put a fake node behind the whole command line.
 */
import type { AdastraError, Durability } from '../core/index.ts';
import type { AnyOperation, AnyProjection } from '../client/index.ts';
import type { NodeFile, NodeServer, ServeOptions } from '../daemon/index.ts';
import type {
  DurableCommits,
  Logger,
  NodeApi,
  RecoveryReport,
  VerifyReport,
} from '../engine/index.ts';

/** A node with what its opening found. */
export type OpenedNode = NodeApi & { readonly recovery: RecoveryReport };

/** One that this process has open, and may serve. */
export type OwnNode = OpenedNode & { readonly durable: DurableCommits };

/** A node that another process has open, behind that process's socket. */
export type RunningNode = OpenedNode & {
  readonly running: NodeFile;
  /** It did not answer the last time. */
  readonly isLost: boolean;
  /** Asks the process to stop. */
  stop(): Promise<void>;
  /** Why it cannot do its work now; `undefined`: it can. */
  whyNotReady(): Promise<AdastraError | undefined>;
};

/** Code of the application that an open node runs. */
export interface Application {
  readonly operations?: readonly AnyOperation[];
  readonly projections?: readonly AnyProjection[];
}

/** How to open a directory. */
export interface OpenOptions extends Application {
  readonly dataDir: string;
  readonly readOnly?: boolean;
  readonly durability?: Durability;
  /** Hears what the node does by itself. */
  readonly logger?: Logger;
}

/** What a read daemon opens. */
export interface FollowOptions extends Application {
  /** Its own directory. */
  readonly dataDir: string;
  /** The directory, or the URL, of the node that it follows. */
  readonly follow: string;
  /** For the node at a URL. */
  readonly token?: string | undefined;
  /** Gives opening up. */
  readonly signal?: AbortSignal | undefined;
  readonly logger?: Logger;
}

/** Who a node is that joins. */
export interface JoinOptions {
  readonly nodeId?: string;
  readonly displayName?: string;
  readonly signal?: AbortSignal;
}

/** What joining came to. */
export interface JoinReport extends InitReport {
  readonly role: string;
  /** Who invited, and the address that the code named. */
  readonly inviter: string;
  readonly address: string;
  /** `adopted`: it held a world without user commits; `rejoined`: it was of this world already. */
  readonly directory: 'created' | 'adopted' | 'rejoined';
}

/** What a new directory is called. */
export interface InitOptions {
  readonly nodeId?: string;
  readonly displayName?: string;
}

/** Who a new directory is. */
export interface InitReport {
  readonly nodeId: string;
  readonly worldId: string;
  readonly fingerprint: string;
}

/** How long work says how far it is. */
export interface ReplayOptions {
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a replay of the log from its beginning gave, against what the directory says. */
export interface ReplayReport {
  readonly seq: number;
  readonly stateHash: string;
  readonly contentHash: string;
  readonly commits: number;
  readonly matches: boolean;
}

/** Who has a directory open for writing. */
export type LockState =
  | { readonly kind: 'free' }
  | { readonly kind: 'held'; readonly pid: number | undefined }
  /** `none`: there is nothing to lock yet; `unknown`: it could not be found out. */
  | { readonly kind: 'none' | 'unknown'; readonly reason: string };

/** The calls on directories. All reject with `AdastraError`. */
export interface NodeAccess {
  /** Opens an existing directory; `not_initialized` where there is none. */
  open(options: OpenOptions): Promise<OwnNode>;
  /** Opens a read daemon's directory, made where it is missing. */
  follow(options: FollowOptions): Promise<OwnNode>;
  /** Makes a directory; `already_exists` where there is a world. */
  init(dataDir: string, options: InitOptions): Promise<InitReport>;
  /** Looks at the lock without keeping it. */
  lockState(dataDir: string): Promise<LockState>;
  /** Checks every byte of a closed directory. */
  verify(dataDir: string): Promise<VerifyReport>;
  /** Sets damage aside and makes the good prefix openable; what it did, as plain data. */
  repair(dataDir: string): Promise<object>;
  /** Replays the whole log beside the directory and compares. */
  replayVerify(dataDir: string, options: ReplayOptions): Promise<ReplayReport>;
  /** Makes `dataDir` out of a backup. */
  restore(
    source: string,
    dataDir: string,
    options: { readonly newWorld: boolean; readonly identityFrom?: string },
  ): Promise<object>;
  /**
   * Makes `dataDir` a member of the world of an invitation, or adopts a directory that holds no
   * user commit; `world_mismatch` for one with commits of another world.
   */
  join(dataDir: string, code: string, options: JoinOptions): Promise<JoinReport>;
  /** The node that another process has open, if that process serves it. */
  attach(dataDir: string): Promise<RunningNode | undefined>;
  /** What a process that served the directory, and ended without a stop, says of itself. */
  leftBehind(dataDir: string): NodeFile | undefined;
  /** Whether there is a process of this number. */
  isRunning(pid: number): boolean;
  /** Serves an open node to other processes. */
  serve(node: OwnNode, options: ServeOptions): Promise<NodeServer>;
}
