/**
 * The contract of transport over both twins: the memory network in virtual time with clocks apart,
 * and real sockets with mutual TLS on loopback.
 */
import { describe, test } from 'vitest';
import { MemoryWorld } from '../../src/env/memory/index.ts';
import { NodeCrypto, nodeEnv } from '../../src/env/node/index.ts';
import { transportContract, type TransportUnderTest } from '../../src/testing/index.ts';
import { TIMEOUT_MS } from '../support/long.ts';

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

async function inMemory(): Promise<TransportUnderTest> {
  const world = new MemoryWorld({ seed: 7, crypto: new NodeCrypto(), turn });
  return {
    first: { env: world.machine('10.0.0.1'), host: '10.0.0.1' },
    second: { env: world.machine('10.0.0.2', { wallOffsetMs: 60_000 }), host: '10.0.0.2' },
    until: (isTrue) => world.runUntil(isTrue, 10_000),
    cleanup: async () => {},
  };
}

async function onSockets(): Promise<TransportUnderTest> {
  return {
    first: { env: nodeEnv(), host: '127.0.0.1' },
    second: { env: nodeEnv(), host: '127.0.0.1' },
    until: async (isTrue) => {
      for (const start = performance.now(); performance.now() - start < 20_000; ) {
        if (isTrue()) return true;
        await new Promise((done) => setTimeout(done, 2));
      }
      return isTrue();
    },
    cleanup: async () => {},
  };
}

describe('transport over env/memory', () => {
  for (const { name, run } of transportContract(inMemory)) test(name, run);
});

describe('transport over env/node', { timeout: TIMEOUT_MS }, () => {
  for (const { name, run } of transportContract(onSockets)) test(name, run);
});
