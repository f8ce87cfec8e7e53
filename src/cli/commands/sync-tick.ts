/**
 * `adastra sync tick`: one step of sync now; a running node makes them by itself.
 */
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { factsOf } from '../tables.ts';

/** `sync tick` */
export const syncTick: CommandSpec = {
  name: 'sync tick',
  about: 'make one step of sync now',
  options: [{ flags: '--prune', about: 'also let go of what everybody has' }],
  examples: ['sync tick', 'sync tick --prune --json'],
  async run({ options, output, session }) {
    const node = await session.open();
    const result = await node.tick(options.flag('prune') ? { prune: true } : {});
    await output.result(result, () => factsOf(output, result));
    return EXIT.ok;
  },
};
