/**
 * `adastra daemon stop`: asks the process that runs the node to stop, and waits until it has let go
 * of the directory and has ended. What it had admitted is answered before. Nobody running is no
 * error: that is what was wanted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AdastraError } from '../../core/index.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { NodeAccess } from '../node-access.ts';

const WAIT_SECONDS = 30;
const STEP_MS = 50;
/** In another container its number means nothing here: the lock that is free has to do. */
const LINGER_MS = 3_000;

/** `daemon stop` */
export const daemonStop: CommandSpec = {
  name: 'daemon stop',
  about: 'stop the process that runs the node',
  options: [{ flags: '--timeout <seconds>', about: `how long to wait (default: ${WAIT_SECONDS})` }],
  examples: ['daemon stop', 'daemon stop --timeout 120'],
  async run({ output, options, session }) {
    const { access, dataDir } = session;
    const waitMs = (options.whole('timeout', 1) ?? WAIT_SECONDS) * 1000;
    await session.close();
    const node = await access.attach(dataDir);
    if (node === undefined) {
      await refuseHeld(access, dataDir);
      await output.result({ stopped: false }, () => 'no node was running');
      return EXIT.ok;
    }
    const { pid } = node.running;
    await node.stop();
    await node.close();
    await ended(access, { dataDir, pid, waitMs });
    await output.result({ stopped: true, pid }, () => `stopped process ${pid}`);
    return EXIT.ok;
  },
};

/** Somebody has it open whom nobody can ask to stop. */
async function refuseHeld(access: NodeAccess, dataDir: string): Promise<void> {
  const lock = await access.lockState(dataDir);
  if (lock.kind !== 'held') return;
  const process = lock.pid === undefined ? 'a process' : `process ${lock.pid}`;
  throw new AdastraError('locked', `${process} has ${dataDir} open and does not serve it`, {
    hint: 'it is starting or ending, or no adastra: end it where it runs',
    details: { dataDir, pid: lock.pid },
  });
}

interface Ending {
  readonly dataDir: string;
  readonly pid: number;
  readonly waitMs: number;
}

async function ended(access: NodeAccess, { dataDir, pid, waitMs }: Ending): Promise<void> {
  let freeMs = 0;
  for (let waitedMs = 0; waitedMs < waitMs; waitedMs += STEP_MS) {
    const isFree = (await access.lockState(dataDir)).kind !== 'held';
    if (isFree && (!access.isRunning(pid) || freeMs >= LINGER_MS)) return;
    freeMs = isFree ? freeMs + STEP_MS : 0;
    await sleep(STEP_MS);
  }
  throw new AdastraError('timeout', `process ${pid} has not let go of ${dataDir} yet`, {
    hint: 'look at its log; kill -9 loses nothing that was acknowledged',
    details: { dataDir, pid },
  });
}
