/**
 * `adastra store get KEY`: the value of a key. For people strings are printed bare and the rest as
 * JSON; `--json` gives value and stamps exactly. A missing key is exit 3.
 */
import { AdastraError, type Entry, jsonOf } from '../../core/index.ts';
import { cleanLines } from '../clean-text.ts';
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

/** `store get KEY` */
export const storeGet: CommandSpec = {
  name: 'store get',
  about: 'print the value of a key',
  arguments: [{ name: '<key>', about: 'the key' }],
  examples: ['store get user:1', 'store get user:1 --json'],
  async run(call) {
    const key = wanted(call, 0);
    const node = await call.session.open();
    const entry = await node.getEntry(key);
    if (entry?.value === undefined) throw missing(key);
    await call.output.result(exact(key, entry), () => {
      const { value } = entry;
      const { isTerminal } = call.output;
      // A script gets every character as it is.
      if (typeof value === 'string') return isTerminal ? cleanLines(value) : value;
      return cleanLines(JSON.stringify(jsonOf(value ?? null), null, isTerminal ? 2 : 0));
    });
    if (entry.siblings.length > 1) {
      call.output.note(`${entry.siblings.length} versions were written without seeing each other`);
    }
    return EXIT.ok;
  },
};

function exact(key: string, entry: Entry): object {
  return { key, value: jsonOf(entry.value ?? null), stamps: entry.stamps };
}

function missing(key: string): AdastraError {
  return new AdastraError('not_found', `no value under ${JSON.stringify(key)}`, {
    hint: 'adastra store list shows the keys there are',
    details: { key },
  });
}
