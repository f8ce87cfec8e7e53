/**
 * `adastra sync status`: every counter of sync, and its warnings.
 */
import { cleanText } from '../clean-text.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { factsOf } from '../tables.ts';

/** `sync status` */
export const syncStatus: CommandSpec = {
  name: 'sync status',
  about: 'how sync stands, with all its counters',
  examples: ['sync status', 'sync status --json'],
  async run({ output, session }) {
    const node = await session.open();
    const info = await node.syncStateInfo();
    const { warnings, ...figures } = info;
    await output.result(info, () => factsOf(output, figures));
    for (const warning of warnings) output.warn(cleanText(warning));
    return EXIT.ok;
  },
};
