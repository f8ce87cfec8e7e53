/**
 * What ships for those who write against the engine's ports: contract suites that need no test
 * runner. Each case is a name and a function that throws where the contract is broken.
 */
export type { ContractCase } from './contract-case.ts';
export { envContract, type EnvUnderTest } from './env-contract.ts';
