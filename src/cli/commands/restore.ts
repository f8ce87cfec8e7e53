/**
 * `adastra restore DIR`: makes the data directory out of a backup. The result is a new node of the
 * same world; an existing world is left alone (exit 4).
 */
import { resolve } from 'node:path';
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { factsOf } from '../tables.ts';

/** `restore DIR` */
export const restore: CommandSpec = {
  name: 'restore',
  about: 'make the data directory out of a backup',
  arguments: [{ name: '<backup>', about: 'a directory that backup made' }],
  examples: ['restore ./backup-monday --data ./restored'],
  async run(call) {
    const { output, session, terminal } = call;
    const source = resolve(terminal.cwd, wanted(call, 0));
    await session.close();
    const report = await session.access.restore(source, session.dataDir);
    const result = { ...report, directory: session.dataDir };
    await output.result(result, () => factsOf(output, result));
    return EXIT.ok;
  },
};
