/**
 * `adastra token revoke`: a token is good for nothing from now on, here at once and elsewhere as
 * soon as the commit has arrived.
 */
import { type CommandSpec, wanted } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

/** `token revoke` */
export const tokenRevoke: CommandSpec = {
  name: 'token revoke',
  about: 'end a token',
  arguments: [{ name: 'id', about: 'the 16 characters behind adt_' }],
  examples: ['token revoke 0123456789abcdef'],
  async run(call) {
    const id = wanted(call, 0);
    const node = await call.session.open();
    await node.revokeToken(id);
    await call.output.result({ revoked: id }, () => `revoked ${id}`);
    return EXIT.ok;
  },
};
