/**
 * `adastra conflicts resolve KEY`: ends a conflict on every node: one of its versions stands, or a
 * value of its own, or nothing. It is a write that has seen every version there is.
 */
import { AdastraError } from '../../core/index.ts';
import type { Resolution } from '../../engine/index.ts';
import { type CommandSpec, type OptionValues, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { typedValue } from '../typed-value.ts';
import { printReceipt } from '../write-options.ts';

/** `conflicts resolve KEY` */
export const conflictsResolve: CommandSpec = {
  name: 'conflicts resolve',
  about: 'end a conflict',
  arguments: [{ name: '<key>', about: 'the key' }],
  options: [
    { flags: '--stamp <stamp>', about: 'the version with this stamp stands' },
    { flags: '--value <value>', about: 'this stands: JSON, or text' },
    { flags: '--string', about: 'take the value as text, even if it is JSON' },
    { flags: '--remove', about: 'nothing stands: the key is removed' },
    { flags: '--reason <text>', about: 'kept with the commit' },
    { flags: '--command-id <id>', about: 'makes a retry safe: the same id writes once' },
  ],
  examples: [
    `conflicts resolve user:1 --value '{"name": "Ada"}'`,
    'conflicts resolve user:1 --remove',
  ],
  async run(call) {
    const key = wanted(call, 0);
    const { options, output, session, signal } = call;
    const resolution = resolutionOf(options);
    const [reason, commandId] = [options.text('reason'), options.text('commandId')];
    const node = await session.open();
    const receipt = await node.resolveConflict(key, resolution, { reason, commandId, signal });
    await printReceipt(output, key, receipt);
    return EXIT.ok;
  },
};

function resolutionOf(options: OptionValues): Resolution {
  const stamp = options.text('stamp');
  const value = options.text('value');
  const remove = options.flag('remove');
  const count = [stamp !== undefined, value !== undefined, remove].filter(Boolean).length;
  if (count !== 1) {
    throw new AdastraError('invalid_options', 'pass one of --stamp, --value and --remove', {
      hint: 'adastra conflicts show KEY lists the versions with their stamps',
    });
  }
  if (stamp !== undefined) return { stamp };
  if (value === undefined) return { remove: true };
  return { value: options.flag('string') ? value : typedValue(value) };
}
