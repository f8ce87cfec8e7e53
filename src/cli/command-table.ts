/**
 * All commands, in the order in which help lists them. A command is added by writing its file and
 * naming it here.
 */
import type { CommandSpec } from './command.ts';
import { backup } from './commands/backup.ts';
import { checkpoint } from './commands/checkpoint.ts';
import { doctor } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { init } from './commands/init.ts';
import { logRepair } from './commands/log-repair.ts';
import { logStat } from './commands/log-stat.ts';
import { logTail } from './commands/log-tail.ts';
import { logVerify } from './commands/log-verify.ts';
import { nodeInfo } from './commands/node-info.ts';
import { replay } from './commands/replay.ts';
import { restore } from './commands/restore.ts';
import { status } from './commands/status.ts';
import { storeCount } from './commands/store-count.ts';
import { storeGet } from './commands/store-get.ts';
import { storeHistory } from './commands/store-history.ts';
import { storeList } from './commands/store-list.ts';
import { storePut } from './commands/store-put.ts';
import { storeRemove } from './commands/store-remove.ts';

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
];
