/**
 * `adastra sync retry [ID]`: the dead letters: commits of this node that are void elsewhere or
 * could not be made again. Without an id they are listed; with one that commit is made anew, or
 * dropped.
 */
import { AdastraError, jsonOf } from '../../core/index.ts';
import type { DeadLetter } from '../../engine/index.ts';
import { cleanJson, cleanText } from '../clean-text.ts';
import type { CommandCall, CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { OpenedNode } from '../node-access.ts';

/** `sync retry [ID]` */
export const syncRetry: CommandSpec = {
  name: 'sync retry',
  about: 'list dead letters, make one of them anew, or drop it',
  arguments: [{ name: '[id]', about: 'of a dead letter' }],
  options: [
    { flags: '--all', about: 'every dead letter' },
    { flags: '--drop', about: 'give up what it wrote' },
  ],
  examples: ['sync retry', 'sync retry d1', 'sync retry d1 --drop'],
  async run(call) {
    const { args, options, session } = call;
    const [id] = args;
    const isAll = options.flag('all');
    if (isAll && id !== undefined) {
      throw new AdastraError('invalid_options', 'give an id or --all, not both');
    }
    const drop = options.flag('drop');
    if (drop && id === undefined && !isAll) {
      throw new AdastraError('invalid_options', '--drop needs the id of a dead letter, or --all');
    }
    const node = await session.open();
    if (id === undefined && !isAll) return list(call, await node.deadLetters());
    const ids = id === undefined ? (await node.deadLetters()).map((letter) => letter.id) : [id];
    for (const each of ids) await retry(call, node, each);
    return EXIT.ok;
  },
};

async function list({ output }: CommandCall, letters: readonly DeadLetter[]): Promise<number> {
  if (letters.length === 0) output.note('no dead letters');
  for (const letter of letters) {
    if (output.json) await output.object(letterJson(letter));
    else await output.line(letterText(letter));
  }
  return EXIT.ok;
}

async function retry(
  { output, options }: CommandCall,
  node: OpenedNode,
  id: string,
): Promise<void> {
  const drop = options.flag('drop');
  const receipt = await node.retryDeadLetter(id, drop ? { drop } : {});
  await output.result({ id, ...(receipt === undefined ? {} : { receipt }) }, () => {
    return `${cleanText(id)}: ${receipt === undefined ? 'dropped' : `seq ${receipt.seq}`}`;
  });
}

function letterJson(letter: DeadLetter): object {
  const keys = letter.keys.map(({ key, kind, value, current }) => ({
    key,
    kind,
    ...(value === undefined ? {} : { value: jsonOf(value) }),
    ...(current === undefined ? {} : { current: jsonOf(current) }),
  }));
  return { ...letter, keys };
}

function letterText({ id, reason, keys }: DeadLetter): string {
  const writes = keys.map(({ key, kind, value, current }) => {
    const wrote = kind === 'remove' ? 'remove' : JSON.stringify(jsonOf(value ?? null));
    const now = current === undefined ? 'nothing' : JSON.stringify(jsonOf(current));
    return `  ${cleanText(key)}: ${cleanJson(wrote)} (there is ${cleanJson(now)})`;
  });
  return [cleanText(`${id}  ${reason}`), ...writes].join('\n');
}
