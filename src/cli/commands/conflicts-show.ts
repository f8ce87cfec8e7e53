/**
 * `adastra conflicts show KEY`: every version of a key in conflict, with its stamp and author. A
 * key without conflict is exit 3.
 */
import { AdastraError } from '../../core/index.ts';
import { type CommandSpec, wanted } from '../command.ts';
import { conflictJson, conflictText } from '../conflict-text.ts';
import { EXIT } from '../exit-codes.ts';

/** `conflicts show KEY` */
export const conflictsShow: CommandSpec = {
  name: 'conflicts show',
  about: 'every version of a key in conflict',
  arguments: [{ name: '<key>', about: 'the key' }],
  examples: ['conflicts show user:1', 'conflicts show user:1 --json'],
  async run(call) {
    const key = wanted(call, 0);
    const { output, session } = call;
    const node = await session.open();
    const conflict = await node.conflict(key);
    if (conflict === undefined) {
      throw new AdastraError('not_found', `${JSON.stringify(key)} has no conflict`, {
        hint: 'adastra conflicts list shows the keys that have one',
        details: { key },
      });
    }
    await output.result(conflictJson(conflict), () => conflictText(conflict));
    output.note('adastra conflicts resolve KEY --stamp STAMP, --value JSON or --remove ends it');
    return EXIT.ok;
  },
};
