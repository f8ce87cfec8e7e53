/**
 * What an open node is made of: found by opening, wired by `Engine`, looked at by those who report.
 */
import type { AdastraError, Limits } from '../core/index.ts';
import type { Env, FileLock } from '../env/index.ts';
import type { LaneMeter } from '../store/transactions/index.ts';
import type { CommitLog } from '../wal/index.ts';
import type { NodeIdentity } from './identity.ts';
import type { RecoveryReport } from './node-api.ts';
import type { ResolvedOptions } from './options.ts';
import type { Replica } from './replica.ts';

/** What opening found, ready to be wired. */
export interface EngineParts {
  readonly env: Env;
  readonly dataDir: string;
  readonly options: ResolvedOptions;
  readonly limits: Limits;
  readonly identity: NodeIdentity;
  readonly replica: Replica;
  readonly log: CommitLog;
  readonly recovery: RecoveryReport;
  /** `undefined` for a node that only reads. */
  readonly lock: FileLock | undefined;
  /** Why writing is refused though it was asked for. */
  readonly damage: AdastraError | undefined;
  /** The same for every state of a node while it is open. */
  readonly meter: LaneMeter;
}

/** What reading needs of them. */
export type ReadParts = Pick<EngineParts, 'env' | 'dataDir' | 'limits' | 'replica' | 'log'>;
