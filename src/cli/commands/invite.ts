/**
 * `adastra invite`: a one-time code with which another machine joins the world. The code names this
 * node's address, so the node must be listening: in another process, or at this prompt. stdout gets
 * the code alone, and on a terminal its QR if another machine can use it; the rest is for people.
 */
import { renderUnicodeCompact } from 'uqr';
import { AdastraError, type Role } from '../../core/index.ts';
import type { Invitation } from '../../engine/index.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { OpenedNode } from '../node-access.ts';
import { portOf, spanOf } from '../option-values.ts';
import type { Output } from '../output.ts';
import { when } from '../tables.ts';
import { scopesText } from './members.ts';

/** What a member may be. */
export const ROLES: readonly Role[] = ['read', 'write', 'admin', 'witness'];

/** `invite` */
export const invite: CommandSpec = {
  name: 'invite',
  about: 'make a code with which another machine joins',
  options: [
    { flags: '--role <role>', about: `${ROLES.join(', ')} (default: write)` },
    { flags: '--scope <prefix>', about: 'may write keys that begin so (repeat)', isList: true },
    { flags: '--host <address>', about: 'address in the code (default: where the node listens)' },
    { flags: '--port <n>', about: 'port in the code' },
    { flags: '--expires <span>', about: 'such as 90s, 10m, 2h, 7d (default: 10m)' },
    { flags: '--qr', about: 'draw the code as a QR, also where stdout is no terminal' },
  ],
  examples: ['invite', 'invite --role read --expires 2h', 'invite --json'],
  async run({ options, output, session }) {
    const wishes = {
      role: options.choice('role', ROLES),
      scopes: options.list('scope'),
      host: options.text('host'),
      port: portOf(options, 'port'),
      expiresMs: spanOf(options, 'expires'),
    };
    const node = await session.open();
    await checkListening(node);
    const invitation = await node.invite(wishes);
    await output.result(invitation, () => invitation.code);
    const isOfUse = output.isTerminal && !invitation.loopback;
    if (!output.json && (isOfUse || options.flag('qr'))) {
      await output.line(renderUnicodeCompact(invitation.code, { ecc: 'L', border: 2 }));
    }
    await output.flush();
    tell(output, invitation);
    return EXIT.ok;
  },
};

async function checkListening(node: OpenedNode): Promise<void> {
  const { transport } = await node.status();
  const { state }: { readonly state: string } = transport;
  if (state === 'running') return;
  throw new AdastraError(
    'unavailable',
    'no other machine could use a code: the node does not listen',
    {
      hint: 'start it in another terminal: adastra start --host ADDRESS (an address of this machine)',
    },
  );
}

function tell(output: Output, invitation: Invitation): void {
  const { role, scopes, address, expiresAtMs, loopback } = invitation;
  if (loopback) {
    output.warn(
      `only this machine reaches ${address}; for others run adastra start --host ADDRESS instead`,
    );
  }
  output.note(
    `role ${role}, ${scopesText(scopes)}; at ${address}, until ${when(expiresAtMs)}, once`,
  );
  const there = loopback ? ' --data ./other' : '';
  output.note(`there: adastra join CODE${there}, then adastra start${there}`);
}
