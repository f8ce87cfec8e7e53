/**
 * `adastra token list`: who may call over HTTP. Secrets are kept nowhere and so never shown.
 */
import type { TokenInfo } from '../../engine/index.ts';
import { cleanText } from '../clean-text.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { columns, when } from '../tables.ts';
import { scopesText } from './members.ts';

/** `token list` */
export const tokenList: CommandSpec = {
  name: 'token list',
  about: 'the tokens of the world',
  examples: ['token list', 'token list --json'],
  async run({ output, session }) {
    const node = await session.open();
    const tokens = await node.tokens();
    if (output.json) for (const token of tokens) await output.object(token);
    else if (tokens.length > 0) {
      const heads = ['id', 'role', 'keys', 'made', 'ends', 'note'];
      const rows = tokens.map(row);
      await output.line(columns([heads.map((head) => output.colors.dim(head)), ...rows]));
    }
    return EXIT.ok;
  },
};

function row({ id, role, prefixes, createdAtMs, expiresAtMs, note = '' }: TokenInfo): string[] {
  const end = expiresAtMs === undefined ? 'when revoked' : when(expiresAtMs);
  return [id, role, scopesText(prefixes), when(createdAtMs), end, cleanText(note)];
}
