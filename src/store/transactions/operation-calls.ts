/**
 * A commit given as a list of named operations: whether it is one, whether the node knows each of
 * them and their arguments fit, and which operation an error is about.
 */
import { AdastraError, type CommitRequest } from '../../core/index.ts';
import type { OperationRegistry, PreparedCall } from '../operations/index.ts';
import type { Transaction } from './transaction.ts';

/** The request, if it is one; throws `invalid_argument`. */
export function checkRequest(request: CommitRequest): CommitRequest {
  const operations: unknown = (request as CommitRequest | undefined)?.operations;
  const fits =
    Array.isArray(operations) && operations.every((call) => typeof call?.op === 'string');
  if (fits && operations.length > 0) return request;
  throw new AdastraError('invalid_argument', 'operations is a list of { op, args }, at least one');
}

/**
 * Every call with its operation found and its arguments checked, before any of them runs; throws
 * `operation_unknown` or `operation_invalid` for the first that is neither.
 */
export function prepareCalls(
  registry: OperationRegistry,
  operations: CommitRequest['operations'],
): PreparedCall[] {
  return operations.map(({ op, args }, index) => {
    try {
      return registry.prepare(op, args);
    } catch (error) {
      throw withOperationIndex(error, index);
    }
  });
}

/** Runs the calls in order; an error says which one threw it. */
export function performCalls(tx: Transaction, calls: readonly PreparedCall[]): void {
  for (const [index, call] of calls.entries()) {
    try {
      tx.perform(call);
    } catch (error) {
      throw withOperationIndex(error, index);
    }
  }
}

/** The same error, with the index of the operation in its details. */
function withOperationIndex(error: unknown, index: number): unknown {
  if (!AdastraError.is(error)) return error;
  const { code, message, hint, details, cause } = error;
  const more = { details: { ...details, operationIndex: index }, cause };
  return new AdastraError(code, message, hint === undefined ? more : { ...more, hint });
}
