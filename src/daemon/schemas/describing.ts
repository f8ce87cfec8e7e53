/**
 * The compiler's word that an answer's schema fits the record that the engine gives: every field of
 * the one is a field of the other, of a type that the schema takes. What JSON makes of a record is
 * reckoned in: fields that are `undefined` are left out, a value of a user is anything.
 */
import type { Static, TSchema } from 'typebox';
import type { Value } from '../../core/index.ts';

/** `describing<Receipt>()(schema)` is `schema`, and does not compile where it is of another. */
export function describing<Told>(): <Schema extends TSchema>(
  schema: Schema,
  ...unfit: Unfit<AsJson<Told>, Static<Schema>>
) => Schema {
  return (schema, ..._unfit) => schema;
}

type Scalar = string | number | boolean | null;

/** What arrives of a record. */
type AsJson<Told> = [Value] extends [Told]
  ? unknown
  : Told extends Scalar
    ? Told
    : Told extends readonly (infer Item)[]
      ? AsJson<Item>[]
      : { [Name in Sure<Told>]: AsJson<Told[Name]> } & {
          [Name in Exclude<keyof Told, Sure<Told>>]?: AsJson<Exclude<Told[Name], undefined>>;
        };

/** Names of fields that are there. */
type Sure<Told> = {
  [Name in keyof Told]-?: undefined extends Told[Name] ? never : Name;
}[keyof Told];

/** Nothing where it fits; else what a caller would have to confess. */
type Unfit<Told, Described> = [Told] extends [Described]
  ? [keyof Told] extends [keyof Described]
    ? []
    : [notDescribed: Exclude<keyof Told, keyof Described>]
  : [describedOtherwise: Described];
