/**
 * Typed keys: a schema maps template-literal keys to value types, `Client<{ [k:
 * \`user/\${string}\`]: User }>`. A key of type `string`, or one that no member fits, falls back to
 * `Value`. Types never refuse what another node wrote.
 */
import type { Value } from '../core/index.ts';

/** What a schema looks like. */
export type KeySchema = object;

/** The value type of a key under a schema. */
export type ValueAt<Schema extends KeySchema, Key extends string> = Key extends keyof Schema
  ? Schema[Key]
  : Value;
