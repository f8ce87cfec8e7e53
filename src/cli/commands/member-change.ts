/**
 * `adastra member change MEMBER`: another role or other scopes, from the commit on that says so.
 * Only an admin may.
 */
import { AdastraError } from '../../core/index.ts';
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { memberOf } from '../members.ts';
import { printReceipt } from '../write-options.ts';
import { ROLES } from './invite.ts';

/** `member change MEMBER` */
export const memberChange: CommandSpec = {
  name: 'member change',
  about: 'change what a member may do',
  arguments: [{ name: '<member>', about: 'nodeId, or the beginning of a fingerprint' }],
  options: [
    { flags: '--role <role>', about: ROLES.join(', ') },
    { flags: '--scope <prefix>', about: 'may write keys that begin so (repeat)', isList: true },
    { flags: '--all-keys', about: 'may write every key' },
  ],
  examples: [
    'member change till-2 --scope order/ --scope stock/',
    'member change till-2 --role read',
  ],
  async run(call) {
    const { options, output, session } = call;
    const role = options.choice('role', ROLES);
    const scopes = options.list('scope');
    const allKeys = options.flag('allKeys');
    if (allKeys && scopes !== undefined) {
      throw new AdastraError('invalid_options', '--scope and --all-keys exclude each other');
    }
    if (role === undefined && scopes === undefined && !allKeys) {
      throw new AdastraError('invalid_options', 'nothing to change: --role, --scope or --all-keys');
    }
    const node = await session.open();
    const { fingerprint, nodeId } = await memberOf(node, wanted(call, 0));
    const receipt = await node.changeMember(fingerprint, { role, scopes: allKeys ? null : scopes });
    await printReceipt(output, nodeId, receipt);
    return EXIT.ok;
  },
};
