/**
 * Who belongs to the world, and the code that lets somebody in.
 */
import { type TSchema, type TUnsafe, Type } from 'typebox';
import type { Role } from '../../core/index.ts';
import type { Invitation, MemberInfo } from '../../engine/index.ts';
import { describing } from './describing.ts';
import { fields, FLAG, NUMBER, oneOf, TEXT, TEXTS } from './shapes.ts';

export const ROLE: TUnsafe<Role> = oneOf(['read', 'write', 'admin', 'witness']);

export const MEMBERSHIP: TUnsafe<MemberInfo['state']> = oneOf(['member', 'closing', 'closed']);

export const INVITATION: TSchema = describing<Invitation>()(
  fields(
    {
      code: TEXT,
      address: TEXT,
      loopback: FLAG,
      expiresAtMs: NUMBER,
      role: ROLE,
      scopes: Type.Optional(TEXTS),
    },
    'Invitation',
  ),
);

export const MEMBER: TSchema = describing<MemberInfo>()(
  fields(
    {
      fingerprint: TEXT,
      nodeId: TEXT,
      role: ROLE,
      scopes: Type.Optional(TEXTS),
      state: MEMBERSHIP,
      founder: FLAG,
      self: FLAG,
    },
    'Member',
  ),
);
