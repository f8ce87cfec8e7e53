/**
 * `adastra store put KEY VALUE`: one durable write. VALUE is JSON, or text that is taken as a
 * string; see typed-value.ts. Makes the directory where there is none.
 */
import { AdastraError, type Value } from '../../core/index.ts';
import { type CommandCall, type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { readAllText } from '../input-text.ts';
import { typedValue } from '../typed-value.ts';
import { printReceipt, WRITE_OPTIONS, writeOptionsOf } from '../write-options.ts';

/** `store put KEY VALUE` */
export const storePut: CommandSpec = {
  name: 'store put',
  about: 'store a value under a key',
  arguments: [
    { name: '<key>', about: '1 to 1024 bytes' },
    { name: '<value>', about: 'JSON, or text; - reads stdin' },
  ],
  options: [
    { flags: '--string', about: 'store the text as it is, even if it is JSON' },
    { flags: '--if-absent', about: 'only if the key holds nothing' },
    ...WRITE_OPTIONS,
  ],
  examples: [
    'store put user:1 Gaspard',
    `store put user:2 '{"name": "Ada", "born": {"$date": "1815-12-10T00:00:00.000Z"}}'`,
    'store put note:1 - < note.txt --string',
  ],
  async run(call) {
    const key = wanted(call, 0);
    const options = writeOptionsOf(call.options);
    const value = await valueOf(call);
    const { output, session, signal } = call;
    const node = await session.openOrCreate((nodeId) =>
      output.note(`made ${session.dataDir} (node ${nodeId})`),
    );
    await printReceipt(output, key, await node.put(key, value, { ...options, signal }));
    return EXIT.ok;
  },
};

async function valueOf(call: CommandCall): Promise<Value> {
  const given = wanted(call, 1);
  const isString = call.options.flag('string');
  if (given !== '-') return isString ? given : typedValue(given);
  if (call.terminal.stdin.isTTY === true) {
    throw new AdastraError('invalid_argument', '- reads stdin, and stdin is a terminal', {
      hint: "pipe or redirect the value: echo '{}' | adastra store put KEY -",
    });
  }
  const text = await readAllText(call.terminal.stdin);
  // The line end that `echo` adds is not part of the value, unless every byte counts.
  return isString ? text : typedValue(text.replace(/\r?\n$/, ''));
}
