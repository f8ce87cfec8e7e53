/**
 * L2: operations and the pure decisions about siblings.
 */
export {
  definePolicy,
  decideCustom,
  type PolicyDecision,
  type PolicyDefinition,
} from './conflict/custom.ts';
export { type DecideContext, decideView } from './conflict/decide.ts';
export { fieldMetaOf } from './conflict/merge-fields.ts';
export { isConflict } from './conflict/policy.ts';
export {
  POLICY_KEY_PREFIX,
  POLICY_NAMES,
  PolicyRules,
  statedRule,
  type StatedRule,
} from './conflict/policy-rule.ts';
export { describeSibling, valueOfCell } from './described-sibling.ts';
export {
  type AnyOperation,
  defineOperation,
  type OperationContext,
  type OperationDefinition,
} from './operation.ts';
export {
  isThenable,
  OperationRegistry,
  type PreparedCall,
  runPrepared,
} from './operation-registry.ts';
export { type HasSeen, siblingsAfter } from './siblings.ts';
