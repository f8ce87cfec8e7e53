/**
 * `adastra token create`: lets a program call this node over HTTP. stdout gets the token alone; it
 * is shown this once and kept nowhere.
 */
import type { NewToken, TokenRole } from '../../engine/index.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { spanOf } from '../option-values.ts';
import { when } from '../tables.ts';
import { scopesText } from './members.ts';

const ROLES: readonly TokenRole[] = ['read', 'write', 'admin'];

/** `token create` */
export const tokenCreate: CommandSpec = {
  name: 'token create',
  about: 'let a program call over HTTP',
  options: [
    { flags: '--role <role>', about: `${ROLES.join(', ')} (default: read)` },
    { flags: '--prefix <prefix>', about: 'only keys that begin so (repeat)', isList: true },
    { flags: '--expires <span>', about: 'such as 90s, 10m, 2h, 7d (default: when revoked)' },
    { flags: '--note <text>', about: 'whose it is' },
  ],
  examples: [
    'token create --role write',
    'token create --role read --prefix order/ --expires 30d --note till',
    'token create --role admin --json',
  ],
  async run({ options, output, session }) {
    const asked: NewToken = {
      role: options.choice('role', ROLES) ?? 'read',
      prefixes: options.list('prefix'),
      expiresMs: spanOf(options, 'expires'),
      note: options.text('note'),
    };
    const node = await session.open();
    const made = await node.createToken(asked);
    await output.result(made, () => made.token);
    await output.flush();
    const { role, prefixes, expiresAtMs } = made;
    const end = expiresAtMs === undefined ? 'until it is revoked' : `until ${when(expiresAtMs)}`;
    output.note(`role ${role}, ${scopesText(prefixes)}, ${end}; it is not shown again`);
    return EXIT.ok;
  },
};
