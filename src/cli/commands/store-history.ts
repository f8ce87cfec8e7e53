/**
 * `adastra store history KEY`: the writes of one key, newest first, as far back as the log goes. A
 * key that was never written there is exit 3.
 */
import { AdastraError, type HistoryEntry, jsonOf } from '../../core/index.ts';
import { cleanJson } from '../clean-text.ts';
import { type CommandSpec, wanted } from '../command.ts';
import { commitHead } from '../commit-text.ts';
import { EXIT } from '../exit-codes.ts';

/** `store history KEY` */
export const storeHistory: CommandSpec = {
  name: 'store history',
  about: 'the writes of one key, newest first',
  arguments: [{ name: '<key>', about: 'the key' }],
  options: [{ flags: '--limit <n>', about: 'at most so many' }],
  examples: ['store history user:1 --limit 10'],
  async run(call) {
    const key = wanted(call, 0);
    const { options, output, session, signal } = call;
    const limit = options.whole('limit', 1);
    const node = await session.open();
    let count = 0;
    for await (const entry of node.history(key, { limit, signal })) {
      count += 1;
      if (output.json) await output.object(historyJson(key, entry));
      else await output.line(`${commitHead(entry)}  ${historyText(entry)}`);
    }
    if (count === 0) {
      throw new AdastraError('not_found', `the log holds no write of ${JSON.stringify(key)}`, {
        details: { key },
      });
    }
    return EXIT.ok;
  },
};

function historyJson(key: string, entry: HistoryEntry): object {
  const { value, metadata, ...rest } = entry;
  return {
    key,
    ...rest,
    ...(metadata === undefined ? {} : { metadata: jsonOf(metadata) }),
    ...(value === undefined ? {} : { value: jsonOf(value) }),
  };
}

/** What a write did to its key: the value, or `removed`. */
export function historyText(entry: HistoryEntry): string {
  if (entry.kind === 'remove' || entry.value === undefined) return 'removed';
  return cleanJson(JSON.stringify(jsonOf(entry.value)));
}
