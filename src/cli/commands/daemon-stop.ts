/**
 * `adastra daemon stop`: asks the process that runs the node to stop, and waits until it has let go
 * of the directory. Nobody running is no error: that is what was wanted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AdastraError } from '../../core/index.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

const WAIT_MS = 20_000;
const STEP_MS = 50;

/** `daemon stop` */
export const daemonStop: CommandSpec = {
  name: 'daemon stop',
  about: 'stop the process that runs the node',
  examples: ['daemon stop'],
  async run({ output, session }) {
    const { access, dataDir } = session;
    await session.close();
    const node = await access.attach(dataDir);
    if (node === undefined) {
      await output.result({ stopped: false }, () => 'no node was running');
      return EXIT.ok;
    }
    const { pid } = node.running;
    await node.stop();
    await node.close();
    for (let waited = 0; waited < WAIT_MS; waited += STEP_MS) {
      if ((await access.lockState(dataDir)).kind !== 'held') {
        await output.result({ stopped: true, pid }, () => `stopped process ${pid}`);
        return EXIT.ok;
      }
      await sleep(STEP_MS);
    }
    throw new AdastraError('timeout', `process ${pid} has not let go of ${dataDir} yet`, {
      hint: 'look at its log; kill -9 loses nothing that was acknowledged',
    });
  },
};
