/**
 * `adastra policy list`: which policy decides conflicts under which prefix; the longest that fits
 * counts, and without one the last write wins.
 */
import { cleanText } from '../clean-text.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { columns } from '../tables.ts';

/** `policy list` */
export const policyList: CommandSpec = {
  name: 'policy list',
  about: 'which policy decides conflicts under which prefix',
  examples: ['policy list', 'policy list --json'],
  async run({ output, session }) {
    const node = await session.open();
    const rules = await node.policies();
    if (output.json) for (const rule of rules) await output.object(rule);
    else if (rules.length === 0) output.note('no rules: the last write wins everywhere');
    else {
      const rows = rules.map(({ prefix, policy, name, version }) => [
        prefix === '' ? 'every key' : cleanText(prefix),
        policy,
        name === undefined ? '' : cleanText(`${name} version ${version ?? '?'}`),
      ]);
      await output.line(columns(rows));
    }
    return EXIT.ok;
  },
};
