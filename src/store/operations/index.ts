/**
 * L2: operations and the pure decisions about siblings.
 */
export { lastWriteWins } from './conflict/last-write-wins.ts';
export {
  type AnyOperation,
  defineOperation,
  type OperationContext,
  type OperationDefinition,
} from './operation.ts';
export { isThenable, OperationRegistry } from './operation-registry.ts';
export { type HasSeen, siblingsAfter } from './siblings.ts';
