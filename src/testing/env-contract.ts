/**
 * The contract of `Env`: what every twin of the outside world promises, tried case by case. Each
 * case gets a world and an empty directory of its own. Durability cannot be seen from outside and
 * is left to the crash tests of the memory twin and to the operating system.
 */
import type { ContractCase } from './contract-case.ts';
import type { EnvCase, EnvUnderTest } from './env-case.ts';
import { cryptoCases } from './env-contract-crypto.ts';
import { fileCases } from './env-contract-files.ts';
import { nameCases } from './env-contract-names.ts';
import { timeCases } from './env-contract-time.ts';

export type { EnvUnderTest } from './env-case.ts';

/** All cases, for the twin that `make` makes. */
export function envContract(make: () => Promise<EnvUnderTest>): ContractCase[] {
  const cases = [...fileCases, ...nameCases, ...timeCases, ...cryptoCases];
  return cases.map(({ name, run }) => ({ name, run: () => runIn(make, run) }));
}

async function runIn(make: () => Promise<EnvUnderTest>, run: EnvCase['run']): Promise<void> {
  const world = await make();
  try {
    await run(world);
  } finally {
    world.cleanup();
  }
}
