/**
 * `adastra log repair`: keeps what of a damaged directory can be proved, the good beginning of the
 * log or a checkpoint with what follows it, and sets the rest aside. It may give up commits, so it
 * asks on a terminal and wants `--yes` elsewhere.
 */
import { AdastraError } from '../../core/index.ts';
import type { RepairReport } from '../../engine/index.ts';
import type { CommandCall, CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { ask } from '../question.ts';
import { grouped, size } from '../tables.ts';

/** `log repair [--yes]` */
export const logRepair: CommandSpec = {
  name: 'log repair',
  about: 'keep what is good of a damaged log, set the rest aside',
  options: [{ flags: '-y, --yes', about: 'do not ask' }],
  examples: ['log repair --yes', 'log repair --yes --json'],
  async run(call) {
    const { output, session } = call;
    await session.close();
    if (!(await isWanted(call))) {
      output.note('nothing was changed');
      return EXIT.failed;
    }
    const report = await session.access.repair(session.dataDir);
    await output.result(report, () => describe(report as RepairReport));
    return EXIT.ok;
  },
};

function describe(report: RepairReport): string {
  const { bad, lost, lostCommits, setAside, headSeq } = report;
  const files = setAside.map(({ file, bytes }) => `  ${file} (${size(bytes)})`);
  const loss =
    lost === undefined
      ? 'lost: nothing of which there is a trace'
      : `lost: ${grouped(lostCommits)} commits from seq ${lost.fromSeq} to ${lost.throughSeq}`;
  return [
    `first damage: ${bad.file} at offset ${bad.offset}: ${bad.reason}`,
    `${keptText(report)}; head at seq ${headSeq}`,
    loss,
    'set aside, for whoever wants to look:',
    ...files,
  ].join('\n');
}

function keptText({ source, baseSeq, keptCommits, lastGoodSeq }: RepairReport): string {
  const commits = `${grouped(keptCommits)} commits`;
  if (source === 'checkpoints-only') return 'kept: all of the log, which was whole';
  if (source === 'prefix') return `kept: ${commits}, the log up to seq ${lastGoodSeq}`;
  return `kept: the checkpoint at seq ${baseSeq} and ${commits} behind it, in a new log`;
}

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
  return ask(terminal, `Give up everything that cannot be kept of ${dataDir}?`);
}
