/**
 * The contract of the outside world over the deterministic twin, with and without a crash model.
 */
import { describe, test } from 'vitest';
import { MemoryFileSystem, memoryEnv } from '../../src/env/memory/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import { envContract } from '../../src/testing/env-contract.ts';
import type { ContractCase } from '../../src/testing/contract-case.ts';

function casesWith(fileSystem: () => MemoryFileSystem | undefined): ContractCase[] {
  return envContract(async () => {
    const env = memoryEnv({ seed: 1, crypto: new NodeCrypto(), fileSystem: fileSystem() });
    env.fs.makeDirectory('/directory');
    const elapse = async (ms: number): Promise<void> => env.timers.advance(ms);
    return { env, directory: '/directory', elapse, cleanup: () => {} };
  });
}

describe('env/memory', () => {
  for (const { name, run } of casesWith(() => undefined)) test(name, run);
});

describe('env/memory without crash model', () => {
  const fileSystem = (): MemoryFileSystem => new MemoryFileSystem({ crashModel: false });
  for (const { name, run } of casesWith(fileSystem)) test(name, run);
});
