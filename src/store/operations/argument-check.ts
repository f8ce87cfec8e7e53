/**
 * The schema of an operation of our own: arguments are an object for which one test holds.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isRecord } from './record.ts';

/** A schema that says `message` of arguments that do not fit, and passes others on as they are. */
export function argumentCheck(
  message: string,
  fits: (args: Record<string, unknown>) => boolean,
): StandardSchemaV1 {
  const validate = (value: unknown): StandardSchemaV1.Result<unknown> =>
    isRecord(value) && fits(value) ? { value } : { issues: [{ message }] };
  return { '~standard': { version: 1, vendor: 'adastra-db', validate } };
}
