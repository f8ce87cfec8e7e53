/**
 * Conflicts, those that were decided, and the policies that decide.
 */
import { type TSchema, type TUnsafe, Type } from 'typebox';
import type { Sibling } from '../../core/index.ts';
import type { ConflictInfo, DecidedConflict, PolicyName, PolicyRule } from '../../engine/index.ts';
import { describing } from './describing.ts';
import { SIBLING } from './entries.ts';
import { fields, FLAG, NUMBER, oneOf, TEXT, VALUE, WHOLE } from './shapes.ts';

export const POLICY: TUnsafe<PolicyName> = oneOf([
  'last-write-wins',
  'merge-fields',
  'manual',
  'custom',
  'keep-local',
  'apply-remote',
]);

const KIND = oneOf(['put', 'remove']);

const AUTHORED = describing<Sibling & { readonly nodeId: string }>()(
  fields(
    { kind: KIND, value: Type.Optional(VALUE), stamp: TEXT, origin: TEXT, nodeId: TEXT },
    'AuthoredSibling',
  ),
);

/** A key whose siblings differ. */
export const CONFLICT: TSchema = describing<ConflictInfo>()(
  fields(
    {
      key: TEXT,
      policy: POLICY,
      undecided: FLAG,
      value: Type.Optional(VALUE),
      siblings: Type.Array(AUTHORED),
    },
    'Conflict',
  ),
);

/** One that a later write ended. */
export const DECIDED_CONFLICT: TSchema = describing<DecidedConflict>()(
  fields(
    {
      key: TEXT,
      seq: WHOLE,
      decidedBy: TEXT,
      timeMs: NUMBER,
      kind: KIND,
      value: Type.Optional(VALUE),
      reason: Type.Optional(TEXT),
      siblings: Type.Array(SIBLING),
    },
    'DecidedConflict',
  ),
);

/** What decides the keys of a prefix. */
export const POLICY_RULE: TSchema = describing<PolicyRule>()(
  fields(
    {
      prefix: TEXT,
      policy: POLICY,
      name: Type.Optional(TEXT),
      version: Type.Optional(WHOLE),
    },
    'PolicyRule',
  ),
);
