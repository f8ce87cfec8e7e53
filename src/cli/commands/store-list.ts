/**
 * `adastra store list [PREFIX]`: keys and values in key order, as of one moment. A line each: key,
 * tab, value as JSON; with `--json` one object a line.
 */
import { jsonOf, type Value } from '../../core/index.ts';
import { cleanJson, cleanText } from '../clean-text.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { RANGE_OPTIONS, rangeOf } from '../range-options.ts';

/** `store list [PREFIX]` */
export const storeList: CommandSpec = {
  name: 'store list',
  about: 'list keys and values in order',
  arguments: [{ name: '[prefix]', about: 'only keys that begin so' }],
  options: [
    { flags: '--limit <n>', about: 'at most so many' },
    { flags: '--reverse', about: 'last key first' },
    ...RANGE_OPTIONS,
    { flags: '--keys', about: 'keys only' },
    { flags: '--system', about: "also the system's keys, which begin with $" },
  ],
  examples: ['store list city/FR/Par --limit 5', 'store list --reverse --keys'],
  async run(call) {
    const { options, output, session, signal } = call;
    const range = rangeOf(call);
    const keysOnly = options.flag('keys');
    const node = await session.open();
    for await (const [key, value] of node.list(range)) {
      if (signal.aborted) return EXIT.interrupted;
      if (output.json) await output.object(keysOnly ? { key } : { key, value: jsonOf(value) });
      else await output.line(keysOnly ? cleanText(key) : row(key, value));
    }
    return EXIT.ok;
  },
};

function row(key: string, value: Value): string {
  return `${cleanText(key)}\t${cleanJson(JSON.stringify(jsonOf(value)))}`;
}
