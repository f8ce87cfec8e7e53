/**
 * `adastra restore DIR`: makes the data directory out of a backup. The result is a new node of the
 * same world; an existing world is left alone (exit 4).
 */
import { resolve } from 'node:path';
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { factsOf } from '../tables.ts';

const KEY_OF_ITS_OWN =
  'the restored node has a key of its own and may not write before an admin admits it: ' +
  'adastra invite there, adastra join CODE here; where the only admin is lost, --new-world';

/** `restore DIR` */
export const restore: CommandSpec = {
  name: 'restore',
  about: 'make the data directory out of a backup',
  arguments: [{ name: '<backup>', about: 'a directory that backup made' }],
  options: [
    {
      flags: '--identity <dir>',
      about: 'a copy of the identity directory: the node keeps its key',
    },
    { flags: '--new-world', about: 'a world of its own with the state of the backup, no history' },
  ],
  examples: [
    'restore ./backup-monday --data ./restored',
    'restore ./backup-monday --data ./restored --new-world',
  ],
  async run(call) {
    const { output, session, terminal, options } = call;
    const source = resolve(terminal.cwd, wanted(call, 0));
    await session.close();
    const identity = options.text('identity');
    const newWorld = options.flag('newWorld');
    const report = await session.access.restore(source, session.dataDir, {
      newWorld,
      ...(identity === undefined ? {} : { identityFrom: resolve(terminal.cwd, identity) }),
    });
    const result = { ...report, directory: session.dataDir };
    await output.result(result, () => factsOf(output, result));
    if (!newWorld && identity === undefined) output.warn(KEY_OF_ITS_OWN);
    return EXIT.ok;
  },
};
