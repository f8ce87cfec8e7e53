/**
 * `adastra checkpoint`: writes the state to a file now, so that the next opening replays less.
 */
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { factsOf } from '../tables.ts';

/** `checkpoint` */
export const checkpoint: CommandSpec = {
  name: 'checkpoint',
  about: 'write a checkpoint now',
  examples: ['checkpoint'],
  async run({ output, session }) {
    const node = await session.open();
    const report = await node.checkpoint();
    await output.result(report, () => factsOf(output, report));
    return EXIT.ok;
  },
};
