/**
 * `adastra join CODE`: makes the directory a member of the world that the code invites to, or
 * adopts one that holds no user commit. One with commits of another world is `world_mismatch` (exit
 * 4). The data comes when the node runs.
 */
import { type CommandSpec, wanted } from '../command.ts';
import { dataOption } from '../data-option.ts';
import { EXIT } from '../exit-codes.ts';
import { factsOf } from '../tables.ts';

/** `join CODE` */
export const join: CommandSpec = {
  name: 'join',
  about: 'become a member of the world of an invitation',
  arguments: [{ name: '<code>', about: 'what adastra invite printed on the other machine' }],
  options: [
    { flags: '--node-id <id>', about: 'name of this node, for ever (default: from the host name)' },
    { flags: '--display-name <text>', about: 'free text for people' },
  ],
  examples: ['join ADASTRA-… --data ./other'],
  async run(call) {
    const { options, output, session, signal, terminal } = call;
    const nodeId = options.text('nodeId');
    const displayName = options.text('displayName');
    await session.close();
    const report = await session.access.join(session.dataDir, wanted(call, 0).trim(), {
      ...(nodeId === undefined ? {} : { nodeId }),
      ...(displayName === undefined ? {} : { displayName }),
      signal,
    });
    const result = { ...report, path: session.dataDir };
    await output.result(result, () => factsOf(output, result));
    await output.flush();
    output.note(`now adastra start${dataOption(terminal, session.dataDir)} brings the data`);
    return EXIT.ok;
  },
};
