/**
 * `adastra clock repair`: after this machine's clock was far ahead: what no peer has taken is made
 * again with stamps of now, so that the others need not wait for that time to come.
 */
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { grouped, when } from '../tables.ts';

/** `clock repair` */
export const clockRepair: CommandSpec = {
  name: 'clock repair',
  about: 'make commits of a clock that was ahead again, with stamps of now',
  examples: ['clock repair'],
  async run({ output, session }) {
    const node = await session.open();
    const report = await node.clockRepair();
    await output.result(report, () => {
      const { reauthored, deadLetters, stampsFromMs } = report;
      const letters = deadLetters === 0 ? '' : `, ${grouped(deadLetters)} became dead letters`;
      return `${grouped(reauthored)} commits made again, stamps from ${when(stampsFromMs)}${letters}`;
    });
    return EXIT.ok;
  },
};
