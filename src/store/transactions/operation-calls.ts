/**
 * A commit given as a list of named operations: whether it is one, and which operation an error is
 * about. The operations themselves are checked and run by the registry.
 */
import { AdastraError, type CommitRequest } from '../../core/index.ts';

/** The request, if it is one; throws `invalid_argument`. */
export function checkRequest(request: CommitRequest): CommitRequest {
  const operations: unknown = (request as CommitRequest | undefined)?.operations;
  const fits =
    Array.isArray(operations) && operations.every((call) => typeof call?.op === 'string');
  if (fits && operations.length > 0) return request;
  throw new AdastraError('invalid_argument', 'operations is a list of { op, args }, at least one');
}

/** The same error, with the index of the operation in its details. */
export function withOperationIndex(error: unknown, index: number): unknown {
  if (!AdastraError.is(error)) return error;
  const { code, message, hint, details, cause } = error;
  const more = { details: { ...details, operationIndex: index }, cause };
  return new AdastraError(code, message, hint === undefined ? more : { ...more, hint });
}
