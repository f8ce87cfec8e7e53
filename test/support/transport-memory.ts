/**
 * Machines of one virtual time, for tests of transport.
 */
import { MemoryWorld } from '../../src/env/memory/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import type { TransportUnderTest } from '../../src/testing/transport-world.ts';

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

export interface MemoryMachines extends TransportUnderTest {
  readonly world: MemoryWorld;
}

/** Two machines, `10.0.0.1` and `10.0.0.2`, a millisecond apart. */
export function memoryMachines(seed = 1): MemoryMachines {
  const world = new MemoryWorld({ seed, crypto: new NodeCrypto(), turn });
  return {
    world,
    first: { env: world.machine('10.0.0.1'), host: '10.0.0.1' },
    second: { env: world.machine('10.0.0.2'), host: '10.0.0.2' },
    until: (isTrue) => world.runUntil(isTrue, 10_000),
    cleanup: async () => {},
  };
}
