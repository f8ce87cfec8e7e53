/**
 * `adastra node info`: who this node is: id, key fingerprint, world, host, version, capabilities.
 * Diagnostic only.
 */
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { factsOf } from '../tables.ts';

/** `node info` */
export const nodeInfo: CommandSpec = {
  name: 'node info',
  about: 'who this node is',
  examples: ['node info'],
  async run({ output, session }) {
    const node = await session.open();
    const info = await node.nodeInfo();
    await output.result(info, () => factsOf(output, info));
    return EXIT.ok;
  },
};
