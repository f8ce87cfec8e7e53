/**
 * `adastra log verify`: reads every byte of log and checkpoints of a closed directory and checks
 * it, changing nothing. Damage is exit 5, with file, offset and reason of each.
 */
import type { VerifyReport } from '../../engine/index.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { grouped, size } from '../tables.ts';

/** `log verify` */
export const logVerify: CommandSpec = {
  name: 'log verify',
  about: 'check every byte of log and checkpoints',
  examples: ['log verify', 'log verify --json'],
  async run({ output, session }) {
    await session.close();
    const report = await session.access.verify(session.dataDir);
    await output.result(report, () => describe(output, report));
    if (report.ok) return EXIT.ok;
    output.note('adastra log repair keeps what is good and sets the rest aside');
    return EXIT.damaged;
  },
};

function describe({ colors }: Output, report: VerifyReport): string {
  const verdict = report.ok ? colors.green('good') : colors.red('damaged');
  const what =
    `${grouped(report.commits)} commits in ${grouped(report.batches)} batches, ` +
    `${report.segments} segments, ${size(report.bytes)}, ${report.checkpoints} checkpoints, ` +
    `head at seq ${report.headSeq}`;
  const problems = report.problems.map(
    ({ file, offset, reason, seq }) =>
      `${file} at offset ${offset}${seq === undefined ? '' : ` (seq ${seq})`}: ${reason}`,
  );
  return [`${verdict}: ${what}`, ...problems].join('\n');
}
