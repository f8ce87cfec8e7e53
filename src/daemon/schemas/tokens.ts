/**
 * Tokens as they are told: never their secrets, but for a new one, once.
 */
import { type TSchema, type TUnsafe, Type } from 'typebox';
import type { CreatedToken, TokenInfo, TokenRole } from '../../engine/index.ts';
import { describing } from './describing.ts';
import { fields, NUMBER, oneOf, TEXT, TEXTS } from './shapes.ts';

/** What a token may be. */
export const TOKEN_ROLE: TUnsafe<TokenRole> = oneOf(['read', 'write', 'admin']);

const TOLD = {
  id: TEXT,
  role: TOKEN_ROLE,
  prefixes: Type.Optional(TEXTS),
  createdAtMs: NUMBER,
  expiresAtMs: Type.Optional(NUMBER),
  note: Type.Optional(TEXT),
};

export const TOKEN: TSchema = describing<TokenInfo>()(fields(TOLD, 'Token'));

export const CREATED_TOKEN: TSchema = describing<CreatedToken>()(
  fields({ ...TOLD, token: TEXT }, 'CreatedToken'),
);
