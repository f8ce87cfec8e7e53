/**
 * `adastra daemon status`: which process has the node open and serves it; nobody is exit 3.
 */
import { AdastraError } from '../../core/index.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { factsOf } from '../tables.ts';

/** `daemon status` */
export const daemonStatus: CommandSpec = {
  name: 'daemon status',
  about: 'which process runs the node',
  examples: ['daemon status', 'daemon status --json'],
  async run({ output, session }) {
    const node = await session.access.attach(session.dataDir);
    if (node === undefined) {
      throw new AdastraError('not_found', `no running node serves ${session.dataDir}`, {
        hint: 'adastra start runs one',
      });
    }
    const { running } = node;
    await node.close();
    await output.result(running, () => factsOf(output, running));
    return EXIT.ok;
  },
};
