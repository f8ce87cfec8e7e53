/**
 * `adastra policy set PREFIX POLICY`: which policy decides conflicts of keys that begin so, on
 * every node. Only an admin may.
 */
import { AdastraError } from '../../core/index.ts';
import type { PolicyName } from '../../engine/index.ts';
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { printReceipt } from '../write-options.ts';

const POLICIES = [
  'last-write-wins',
  'merge-fields',
  'manual',
  'custom',
  'keep-local',
  'apply-remote',
] as const satisfies readonly PolicyName[];

/** `policy set PREFIX POLICY` */
export const policySet: CommandSpec = {
  name: 'policy set',
  about: 'set the policy for keys that begin so',
  arguments: [
    { name: '<prefix>', about: "'' for every key" },
    { name: '<policy>', about: POLICIES.join(', ') },
  ],
  options: [
    { flags: '--name <name>', about: 'of custom: which code decides' },
    { flags: '--code-version <n>', about: 'of custom: which version of it' },
  ],
  examples: [
    'policy set order/ merge-fields',
    'policy set stock/ custom --name sum --code-version 1',
  ],
  async run(call) {
    const { options, output, session } = call;
    const [prefix, text] = [wanted(call, 0), wanted(call, 1)];
    const policy = POLICIES.find((name) => name === text);
    if (policy === undefined) {
      throw new AdastraError(
        'invalid_options',
        `the policy must be one of ${POLICIES.join(', ')}, not ${JSON.stringify(text)}`,
      );
    }
    const rule = { policy, name: options.text('name'), version: options.whole('codeVersion') };
    if ((policy === 'custom') !== (rule.name !== undefined)) {
      throw new AdastraError('invalid_options', 'custom needs --name, and only custom takes it');
    }
    const node = await session.open();
    await printReceipt(
      output,
      prefix === '' ? 'every key' : prefix,
      await node.setPolicy(prefix, rule),
    );
    return EXIT.ok;
  },
};
