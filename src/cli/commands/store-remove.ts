/**
 * `adastra store remove KEY`: removes a key. Removing what is not there does nothing and is exit 0.
 */
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { printReceipt, WRITE_OPTIONS, writeOptionsOf } from '../write-options.ts';

/** `store remove KEY` */
export const storeRemove: CommandSpec = {
  name: 'store remove',
  about: 'remove a key',
  arguments: [{ name: '<key>', about: 'the key' }],
  options: WRITE_OPTIONS,
  examples: ['store remove user:1'],
  async run(call) {
    const key = wanted(call, 0);
    const options = { ...writeOptionsOf(call.options), signal: call.signal };
    const node = await call.session.open();
    await printReceipt(call.output, key, await node.remove(key, options));
    return EXIT.ok;
  },
};
