/**
 * All commands, in the order in which help lists them. A command is added by writing its file and
 * naming it here.
 */
import type { CommandSpec } from './command.ts';
import { backup } from './commands/backup.ts';
import { checkpoint } from './commands/checkpoint.ts';
import { clockRepair } from './commands/clock-repair.ts';
import { conflictsList } from './commands/conflicts-list.ts';
import { conflictsResolve } from './commands/conflicts-resolve.ts';
import { conflictsShow } from './commands/conflicts-show.ts';
import { connect } from './commands/connect.ts';
import { daemonStatus } from './commands/daemon-status.ts';
import { daemonStop } from './commands/daemon-stop.ts';
import { disconnect } from './commands/disconnect.ts';
import { discover } from './commands/discover.ts';
import { doctor } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { init } from './commands/init.ts';
import { invite } from './commands/invite.ts';
import { join } from './commands/join.ts';
import { logRepair } from './commands/log-repair.ts';
import { logStat } from './commands/log-stat.ts';
import { logTail } from './commands/log-tail.ts';
import { logVerify } from './commands/log-verify.ts';
import { memberChange } from './commands/member-change.ts';
import { memberClose } from './commands/member-close.ts';
import { members } from './commands/members.ts';
import { nodeInfo } from './commands/node-info.ts';
import { peers } from './commands/peers.ts';
import { policyList } from './commands/policy-list.ts';
import { policyRemove } from './commands/policy-remove.ts';
import { policySet } from './commands/policy-set.ts';
import { projections } from './commands/projections.ts';
import { query } from './commands/query.ts';
import { read } from './commands/read.ts';
import { replay } from './commands/replay.ts';
import { restore } from './commands/restore.ts';
import { serve } from './commands/serve.ts';
import { start } from './commands/start.ts';
import { status } from './commands/status.ts';
import { storeCount } from './commands/store-count.ts';
import { storeGet } from './commands/store-get.ts';
import { storeHistory } from './commands/store-history.ts';
import { storeList } from './commands/store-list.ts';
import { storePut } from './commands/store-put.ts';
import { storeRemove } from './commands/store-remove.ts';
import { syncOutbox } from './commands/sync-outbox.ts';
import { syncRetry } from './commands/sync-retry.ts';
import { syncStatus } from './commands/sync-status.ts';
import { syncTick } from './commands/sync-tick.ts';
import { syncForks } from './commands/sync-forks.ts';
import { syncKeep } from './commands/sync-keep.ts';
import { syncWhy } from './commands/sync-why.ts';
import { tokenCreate } from './commands/token-create.ts';
import { tokenList } from './commands/token-list.ts';
import { tokenRevoke } from './commands/token-revoke.ts';

/** Every command of this program. */
export const commandTable: readonly CommandSpec[] = [
  init,
  status,
  nodeInfo,
  storePut,
  storeGet,
  storeRemove,
  storeList,
  storeCount,
  storeHistory,
  query,
  projections,
  importCommand,
  exportCommand,
  logTail,
  logStat,
  logVerify,
  logRepair,
  replay,
  checkpoint,
  backup,
  restore,
  doctor,
  start,
  serve,
  read,
  daemonStatus,
  daemonStop,
  tokenCreate,
  tokenList,
  tokenRevoke,
  invite,
  join,
  members,
  memberChange,
  memberClose,
  peers,
  connect,
  disconnect,
  discover,
  syncStatus,
  syncTick,
  syncOutbox,
  syncRetry,
  syncWhy,
  syncForks,
  syncKeep,
  clockRepair,
  conflictsList,
  conflictsShow,
  conflictsResolve,
  policyList,
  policySet,
  policyRemove,
];
