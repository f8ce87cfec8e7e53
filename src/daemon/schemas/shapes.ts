/**
 * The small shapes that all schemas are made of.
 */
import {
  type TInteger,
  type TNumber,
  type TObject,
  type TProperties,
  type TSchema,
  type TString,
  type TUnsafe,
  Type,
} from 'typebox';

/** An object with these fields and no others. */
export function fields<Properties extends TProperties>(
  properties: Properties,
  title?: string,
): TObject<Properties> {
  const options = { additionalProperties: false, ...(title === undefined ? {} : { title }) };
  return Type.Object(properties, options);
}

export const TEXT: TString = Type.String();
/** A whole number from 0. */
export const WHOLE: TInteger = Type.Integer({ minimum: 0 });
export const NUMBER: TNumber = Type.Number();
export const EMPTY: TSchema = fields({});

/** One of these words. */
export function oneOf<Word extends string>(words: readonly Word[]): TUnsafe<Word> {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words] });
}
