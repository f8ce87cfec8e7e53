/**
 * `adastra log repair`: keeps the good prefix of a damaged log and sets the rest aside. It gives up
 * commits, so it asks on a terminal and wants `--yes` elsewhere.
 */
import { AdastraError } from '../../core/index.ts';
import type { CommandCall, CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { ask } from '../question.ts';
import { factsOf } from '../tables.ts';

/** `log repair [--yes]` */
export const logRepair: CommandSpec = {
  name: 'log repair',
  about: 'keep the good prefix of a damaged log',
  options: [{ flags: '-y, --yes', about: 'do not ask' }],
  examples: ['log repair --yes'],
  async run(call) {
    const { output, session } = call;
    await session.close();
    if (!(await isWanted(call))) {
      output.note('nothing was changed');
      return EXIT.failed;
    }
    const report = await session.access.repair(session.dataDir);
    await output.result(report, () => factsOf(output, report));
    return EXIT.ok;
  },
};

async function isWanted({ options, output, terminal, session }: CommandCall): Promise<boolean> {
  if (options.flag('yes')) return true;
  const hasTerminal = terminal.stdin.isTTY === true && terminal.stderr.isTTY === true;
  const isPerson = terminal.question !== undefined || hasTerminal;
  if (!isPerson || output.json) {
    throw new AdastraError('invalid_options', 'repair gives up damaged commits: pass --yes', {
      hint: 'adastra log verify shows what would be given up',
    });
  }
  const { dataDir } = session;
  return ask(terminal, `Give up everything behind the first damage in ${dataDir}?`);
}
