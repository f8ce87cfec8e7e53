/** The contracts of streams and datagrams over the memory network, between two machines. */
import { describe, test } from 'vitest';
import { MemoryWorld } from '../../src/env/memory/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import {
  datagramContract,
  type NetworkUnderTest,
  streamContract,
} from '../../src/testing/index.ts';

const crypto = new NodeCrypto();

async function network(jitterMs: number): Promise<NetworkUnderTest> {
  const turn = (): Promise<void> => new Promise((done) => void setImmediate(done));
  const world = new MemoryWorld({ seed: 1, crypto, turn, network: { jitterMs } });
  const here = world.machine('10.0.0.1');
  const there = world.machine('10.0.0.2');
  const until = (isTrue: () => boolean, ms: number): Promise<boolean> => world.runUntil(isTrue, ms);
  return { here, there, thereHost: '10.0.0.2', until, cleanup: async () => {} };
}

for (const jitterMs of [0, 7]) {
  describe(`env/memory, jitter ${jitterMs} ms`, () => {
    for (const { name, run } of streamContract(() => network(jitterMs))) test(name, run);
    for (const { name, run } of datagramContract(() => network(jitterMs))) test(name, run);
  });
}
