/**
 * The small shapes that all schemas are made of.
 */
import {
  type TArray,
  type TBoolean,
  type TInteger,
  type TNumber,
  type TObject,
  type TProperties,
  type TSchema,
  type TString,
  type TUnknown,
  type TUnsafe,
  type Static,
  Type,
} from 'typebox';

/** An object with these fields and no others; a title makes it a named one of the document. */
export function fields<Properties extends TProperties>(
  properties: Properties,
  title?: string,
): TObject<Properties> {
  const options = { additionalProperties: false, ...(title === undefined ? {} : { title }) };
  return Type.Object(properties, options);
}

export const TEXT: TString = Type.String();
export const FLAG: TBoolean = Type.Boolean();
/** A whole number from 0 that JSON carries exactly. */
export const WHOLE: TInteger = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const NUMBER: TNumber = Type.Number();
export const EMPTY: TSchema = fields({});
export const TEXTS: TArray<TString> = Type.Array(TEXT);

/** One of these words. */
export function oneOf<Word extends string>(words: readonly Word[]): TUnsafe<Word> {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words] });
}

/** An object whose field names are data. */
export function mapOf<Schema extends TSchema>(
  schema: Schema,
): TUnsafe<Record<string, Static<Schema>>> {
  return Type.Unsafe<Record<string, Static<Schema>>>({
    type: 'object',
    additionalProperties: schema,
  });
}

/** Whatever JSON stands for a value: docs/sdk.md, values in JSON. */
export const VALUE: TUnknown = Type.Unknown({
  description: 'A value as JSON; {"$date": …}, {"$bigint": …}, {"$bytes": …} for what JSON lacks.',
});
