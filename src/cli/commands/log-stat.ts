/**
 * `adastra log stat`: figures of the log: head, durable head, segments, bytes, syncs, checkpoints.
 */
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { factsOf } from '../tables.ts';

/** `log stat` */
export const logStat: CommandSpec = {
  name: 'log stat',
  about: 'figures of the log',
  examples: ['log stat'],
  async run({ output, session }) {
    const node = await session.open();
    const { wal } = await node.status();
    await output.result(wal, () => factsOf(output, wal));
    return EXIT.ok;
  },
};
