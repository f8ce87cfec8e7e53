/**
 * One page of a list: its records, and where the next page begins, if there is one.
 */
import { type TSchema, Type } from 'typebox';
import { fields, TEXT } from './shapes.ts';

export function pageOf(name: string, record: TSchema): TSchema {
  return fields({ [name]: Type.Array(record), cursor: Type.Optional(TEXT) });
}
