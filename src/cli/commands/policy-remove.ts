/**
 * `adastra policy remove PREFIX`: takes a rule away; the next shorter prefix decides again. Only an
 * admin may.
 */
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { printReceipt } from '../write-options.ts';

/** `policy remove PREFIX` */
export const policyRemove: CommandSpec = {
  name: 'policy remove',
  about: 'take the policy of a prefix away',
  arguments: [{ name: '<prefix>', about: "'' for every key" }],
  examples: ['policy remove order/'],
  async run(call) {
    const prefix = wanted(call, 0);
    const node = await call.session.open();
    const receipt = await node.setPolicy(prefix, undefined);
    await printReceipt(call.output, prefix === '' ? 'every key' : prefix, receipt);
    return EXIT.ok;
  },
};
