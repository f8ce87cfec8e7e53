/**
 * `adastra init`: makes a data directory with a key and a world of its own. The only command whose
 * purpose that is; an existing world is left alone (exit 4).
 */
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { factsOf } from '../tables.ts';

/** `init [--node-id ID] [--display-name TEXT]` */
export const init: CommandSpec = {
  name: 'init',
  about: 'make a new data directory',
  options: [
    { flags: '--node-id <id>', about: 'name of this node, for ever (default: from the host name)' },
    { flags: '--display-name <text>', about: 'free text for people' },
  ],
  examples: ['init --data ./adastra-data --node-id kitchen'],
  async run({ options, output, session }) {
    const nodeId = options.text('nodeId');
    const displayName = options.text('displayName');
    const report = await session.access.init(session.dataDir, {
      ...(nodeId === undefined ? {} : { nodeId }),
      ...(displayName === undefined ? {} : { displayName }),
    });
    const result = { ...report, directory: session.dataDir };
    await output.result(result, () => factsOf(output, result));
    return EXIT.ok;
  },
};
