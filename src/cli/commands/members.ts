/**
 * `adastra members`: who belongs to the world, with role, scopes and state.
 */
import type { MemberInfo } from '../../engine/index.ts';
import { cleanText } from '../clean-text.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { shortFingerprint } from '../members.ts';
import type { Output } from '../output.ts';
import { columns } from '../tables.ts';

/** `members` */
export const members: CommandSpec = {
  name: 'members',
  about: 'who belongs to the world',
  examples: ['members', 'members --json'],
  async run({ output, session }) {
    const node = await session.open();
    const list = await node.members();
    if (output.json) for (const member of list) await output.object(member);
    else await output.line(columns([heads(output), ...list.map(row)]));
    return EXIT.ok;
  },
};

function heads({ colors }: Output): readonly string[] {
  return ['node', 'key', 'role', 'may write', 'state'].map((head) => colors.dim(head));
}

function row(member: MemberInfo): readonly string[] {
  const marks = [member.founder ? 'founder' : '', member.self ? 'this node' : ''];
  return [
    cleanText(member.nodeId),
    shortFingerprint(member.fingerprint),
    member.role,
    scopesText(member.scopes),
    [member.state, ...marks].filter((mark) => mark !== '').join(', '),
  ];
}

/** Which keys a member may write. */
export function scopesText(scopes: readonly string[] | undefined): string {
  if (scopes === undefined) return 'all keys';
  if (scopes.length === 0) return 'no keys';
  return scopes.map((scope) => cleanText(JSON.stringify(scope))).join(', ');
}
