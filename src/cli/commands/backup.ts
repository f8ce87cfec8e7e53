/**
 * `adastra backup DIR`: a consistent copy of the directory, without the node's private key.
 */
import { resolve } from 'node:path';
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { factsOf } from '../tables.ts';

/** `backup DIR` */
export const backup: CommandSpec = {
  name: 'backup',
  about: 'copy the directory, without its private key',
  arguments: [{ name: '<directory>', about: 'a new directory for the copy' }],
  examples: ['backup ./backup-monday'],
  async run(call) {
    const { output, session, terminal } = call;
    const target = resolve(terminal.cwd, wanted(call, 0));
    const node = await session.open();
    const report = await node.backup(target);
    await output.result(report, () => factsOf(output, report));
    return EXIT.ok;
  },
};
