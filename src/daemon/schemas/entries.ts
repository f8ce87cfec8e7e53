/**
 * Keys, what they hold, and what was written to them.
 */
import { type TSchema, Type } from 'typebox';
import type { ChangedKey, Entry, Sibling, Value } from '../../core/index.ts';
import { describing } from './describing.ts';
import { fields, FLAG, oneOf, TEXT, TEXTS, VALUE } from './shapes.ts';

const KIND = oneOf(['put', 'remove']);

/** One put or remove that no other write of the key has seen. */
export const SIBLING: TSchema = describing<Sibling>()(
  fields({ kind: KIND, value: Type.Optional(VALUE), stamp: TEXT, origin: TEXT }, 'Sibling'),
);

/** A key with all that it holds. */
export const ENTRY: TSchema = describing<Entry & { readonly key: string }>()(
  fields(
    {
      key: TEXT,
      value: Type.Optional(VALUE),
      present: FLAG,
      undecided: FLAG,
      siblings: Type.Array(SIBLING),
      stamps: TEXTS,
    },
    'Entry',
  ),
);

/** A key and its value, as lists give them. */
export const ROW: TSchema = describing<{ readonly key: string; readonly value: Value }>()(
  fields({ key: TEXT, value: VALUE }, 'Row'),
);

/** What a commit did to one key. */
export const CHANGED_KEY: TSchema = describing<ChangedKey>()(
  fields({ key: TEXT, kind: KIND, value: Type.Optional(VALUE) }, 'ChangedKey'),
);
