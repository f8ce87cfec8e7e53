/**
 * `adastra replay --verify`: applies the whole log again from its beginning beside the directory
 * and compares both hashes with what the directory says. Exit 5 where they differ.
 */
import { AdastraError } from '../../core/index.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { showProgress } from '../progress.ts';
import { facts, grouped } from '../tables.ts';

/** `replay --verify` */
export const replay: CommandSpec = {
  name: 'replay',
  about: 'apply the whole log again and compare',
  options: [{ flags: '--verify', about: 'compare the hashes; nothing is changed' }],
  examples: ['replay --verify'],
  async run({ options, output, session, terminal }) {
    if (!options.flag('verify')) {
      throw new AdastraError('invalid_options', 'replay does nothing but verify: pass --verify');
    }
    await session.close();
    const watch = { label: 'replay', total: undefined, unit: 'commits' };
    const progress = showProgress(terminal, output, watch);
    const report = await session.access
      .replayVerify(session.dataDir, { onProgress: (done) => progress.update(done, done) })
      .finally(() => progress.stop());
    await output.result(report, () => {
      const { green, red } = output.colors;
      return facts(output, [
        ['replayed', `${grouped(report.commits)} commits, up to seq ${report.seq}`],
        ['state hash', report.stateHash],
        ['content hash', report.contentHash],
        ['verdict', report.matches ? green('equal') : red('DIFFERENT from the directory')],
      ]);
    });
    return report.matches ? EXIT.ok : EXIT.damaged;
  },
};
