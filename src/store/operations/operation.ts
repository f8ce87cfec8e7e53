/**
 * L2: operations. An operation is a named, versioned, validated intent. Its handler is synchronous
 * and pure but for the transaction it is given: it checks preconditions against what it reads there
 * and writes post-states; what it throws undoes what it wrote. The same handler serves `transact`,
 * `commit`, `preflight` and, later, HTTP; replay never calls it.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { AdastraError, type Entry, type Range, type Value } from '../../core/index.ts';

/** What a handler, or the function given to `transact`, may do. Reads see its own writes. */
export interface OperationContext {
  get(key: string): Value | undefined;
  getEntry(key: string): Entry | undefined;
  contains(key: string): boolean;
  list(range?: Range): IterableIterator<[string, Value]>;
  put(key: string, value: unknown): void;
  /** Whether there was a value to remove. */
  remove(key: string): boolean;
  /**
   * Runs another operation inside this one; what it throws undoes what it wrote, then is thrown.
   */
  run(name: string, args: unknown): unknown;
}

export interface OperationDefinition<Args = unknown, Result = unknown> {
  /** 1 to 128 characters; unique in a node. */
  readonly name: string;
  /** Raised when the meaning changes; stands in every commit that the operation made. */
  readonly version: number;
  /** Checks and types the arguments: any Standard Schema (zod, valibot, arktype), synchronous. */
  readonly args?: StandardSchemaV1<unknown, Args>;
  readonly handler: (context: OperationContext, args: Args) => Result;
}

/** An operation whose argument type no longer matters: what a registry holds. */
export interface AnyOperation {
  readonly name: string;
  readonly version: number;
  readonly args?: StandardSchemaV1 | undefined;
  readonly handler: (context: OperationContext, args: never) => unknown;
}

/** Checks a definition and gives it back, with its types inferred. */
export function defineOperation<Args = unknown, Result = unknown>(
  definition: OperationDefinition<Args, Result>,
): OperationDefinition<Args, Result> {
  const { name, version, handler } = definition;
  if (typeof name !== 'string' || name.length === 0 || name.length > 128) {
    throw new AdastraError('invalid_options', 'an operation needs a name of 1 to 128 characters');
  }
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new AdastraError(
      'invalid_options',
      `operation ${name} needs a version, a whole number from 1`,
    );
  }
  if (typeof handler !== 'function') {
    throw new AdastraError('invalid_options', `operation ${name} needs a handler`);
  }
  return definition;
}
