/**
 * The parts of a node that peering works with. They are those of one opening: where a snapshot
 * replaces the state, the engine makes new ones and peering begins again with them.
 */
import type { Env } from '../../env/index.ts';
import type { Lane } from '../../store/transactions/index.ts';
import type { CommitLog } from '../../wal/index.ts';
import type { NodeIdentity } from '../identity.ts';
import type { ResolvedOptions } from '../options.ts';
import type { Replica } from '../replica.ts';

export interface PeeringNode {
  readonly env: Env;
  readonly dataDir: string;
  readonly options: ResolvedOptions;
  readonly identity: NodeIdentity;
  readonly log: CommitLog;
  readonly replica: Replica;
  readonly lane: Lane;
}
