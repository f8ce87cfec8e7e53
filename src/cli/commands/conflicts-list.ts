/**
 * `adastra conflicts list [PREFIX]`: keys that were written without the writers seeing each other,
 * and with `--decided` the journal of those that a later write ended, newest first.
 */
import type { CommandSpec } from '../command.ts';
import { conflictJson, conflictLine, decidedLine } from '../conflict-text.ts';
import { EXIT } from '../exit-codes.ts';
import { originNames } from '../members.ts';

/** `conflicts list [PREFIX]` */
export const conflictsList: CommandSpec = {
  name: 'conflicts list',
  about: 'list conflicts, or those that were decided',
  arguments: [{ name: '[prefix]', about: 'only keys that begin so' }],
  options: [
    { flags: '--decided', about: 'the journal of decided ones, newest first' },
    { flags: '--limit <n>', about: 'at most so many' },
  ],
  examples: ['conflicts list', 'conflicts list order/ --decided --json'],
  async run({ args, options, output, session, signal }) {
    const query = { prefix: args[0], limit: options.whole('limit', 1) };
    const node = await session.open();
    let count = 0;
    const isDecided = options.flag('decided');
    const show = async (json: object, line: string): Promise<void> => {
      count += 1;
      await (output.json ? output.object(json) : output.line(line));
    };
    if (isDecided) {
      const nameOf = output.json ? String : await originNames(node);
      for await (const one of node.decidedConflicts(query)) {
        if (signal.aborted) return EXIT.interrupted;
        await show(conflictJson(one), decidedLine(one, nameOf));
      }
    } else {
      for await (const one of node.conflicts(query)) {
        if (signal.aborted) return EXIT.interrupted;
        await show(conflictJson(one), conflictLine(one));
      }
    }
    if (count === 0) output.note(isDecided ? 'no decided conflicts in the log' : 'no conflicts');
    return EXIT.ok;
  },
};
