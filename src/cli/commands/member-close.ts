/**
 * `adastra member close MEMBER`: ends a membership. From `closing` on nobody takes anything from
 * that node directly; it is `closed` once the other members have acknowledged that.
 */
import { cleanText } from '../clean-text.ts';
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { memberOf } from '../members.ts';

/** `member close MEMBER` */
export const memberClose: CommandSpec = {
  name: 'member close',
  about: 'end a membership',
  arguments: [{ name: '<member>', about: 'nodeId, or the beginning of a fingerprint' }],
  options: [{ flags: '--force', about: 'do not wait for the other members' }],
  examples: ['member close till-2'],
  async run(call) {
    const { options, output, session } = call;
    const node = await session.open();
    const { fingerprint } = await memberOf(node, wanted(call, 0));
    const force = options.flag('force');
    const member = await node.closeMember(fingerprint, force ? { force } : {});
    await output.result(member, () => `${cleanText(member.nodeId)}: ${member.state}`);
    if (member.state === 'closing') {
      output.note('closed once the other members know; adastra members shows it');
    }
    return EXIT.ok;
  },
};
