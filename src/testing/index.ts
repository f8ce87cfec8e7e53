/**
 * What ships for those who write against the engine's ports: contract suites that need no test
 * runner. Each case is a name and a function that throws where the contract is broken.
 */
export {
  conflictPolicyContract,
  policyDigest,
  type PolicySample,
  type SampleSibling,
} from './conflict-policy-contract.ts';
export type { ContractCase } from './contract-case.ts';
export { envContract, type EnvUnderTest } from './env-contract.ts';
export { nodeApiContract, type NodeApiUnderTest } from './node-api-contract.ts';
export { contractProjections } from './node-api-projections.ts';
export { datagramContract } from './env-contract-datagrams.ts';
export { streamContract } from './env-contract-streams.ts';
export type { NetworkUnderTest } from './network-case.ts';
export {
  projectionContract,
  type ProjectionQuestion,
  type ProjectionSample,
} from './projection-contract.ts';
export { transportContract, type TransportUnderTest } from './transport-contract.ts';
