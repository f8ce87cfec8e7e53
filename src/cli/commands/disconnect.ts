/**
 * `adastra disconnect MEMBER`: ends the link to a member. The running node makes and takes no new
 * one until `connect`, or until it is started again; `member close` is what ends a membership.
 */
import { cleanText } from '../clean-text.ts';
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oneOf } from '../members.ts';

/** `disconnect MEMBER` */
export const disconnect: CommandSpec = {
  name: 'disconnect',
  about: 'end the link to a member, until connect',
  arguments: [{ name: '<member>', about: 'nodeId, or the beginning of a fingerprint' }],
  examples: ['disconnect kitchen'],
  async run(call) {
    const { output, session } = call;
    const node = await session.open();
    const { fingerprint, nodeId } = oneOf(await node.peers(), wanted(call, 0));
    await node.disconnect(fingerprint);
    await output.result({ fingerprint, nodeId }, () => `${cleanText(nodeId)}: disconnected`);
    return EXIT.ok;
  },
};
