/**
 * `adastra store count [PREFIX]`: how many keys.
 */
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { RANGE_OPTIONS, rangeOf } from '../range-options.ts';

/** `store count [PREFIX]` */
export const storeCount: CommandSpec = {
  name: 'store count',
  about: 'count keys',
  arguments: [{ name: '[prefix]', about: 'only keys that begin so' }],
  options: [...RANGE_OPTIONS, { flags: '--system', about: "also the system's keys" }],
  examples: ['store count city/FR/'],
  async run(call) {
    const range = rangeOf(call);
    const node = await call.session.open();
    const count = await node.count(range);
    await call.output.result({ count }, () => String(count));
    return EXIT.ok;
  },
};
