/** The contracts of streams and datagrams over real sockets, on loopback. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DatagramSocket, Env, Stream, StreamListener } from '../../src/env/index.ts';
import { nodeEnv } from '../../src/env/node/index.ts';
import {
  datagramContract,
  type NetworkUnderTest,
  streamContract,
} from '../../src/testing/index.ts';

/** The environment, and a way to close all that was opened through it. */
function recording(): { env: Env; cleanup: () => Promise<void> } {
  const env = nodeEnv();
  const listeners: StreamListener[] = [];
  const streams: Stream[] = [];
  const sockets: DatagramSocket[] = [];
  const keep = <T>(kept: T[], made: T): T => {
    kept.push(made);
    return made;
  };
  const cleanup = async (): Promise<void> => {
    for (const stream of streams) stream.destroy('end of the case');
    for (const opened of [...listeners, ...sockets]) await opened.close();
  };
  const recorded: Env = {
    ...env,
    streams: {
      connect: async (options) => keep(streams, await env.streams.connect(options)),
      listen: async (options) => keep(listeners, await env.streams.listen(options)),
    },
    datagrams: {
      interfaces: () => env.datagrams.interfaces(),
      open: async (options) => keep(sockets, await env.datagrams.open(options)),
    },
  };
  return { env: recorded, cleanup };
}

async function network(): Promise<NetworkUnderTest> {
  const { env, cleanup } = recording();
  return { here: env, there: env, thereHost: '127.0.0.1', until, cleanup };
}

function openHandles(): string[] {
  const isOurs = (name: string): boolean => name.startsWith('TCP') || name.startsWith('UDP');
  return process.getActiveResourcesInfo().filter(isOurs);
}

let handlesBefore: string[] = [];
beforeAll(() => {
  handlesBefore = openHandles();
});
afterAll(async () => {
  // Nothing of ours is left: each end that was not destroyed here went with its other one.
  await until(() => openHandles().length === handlesBefore.length, 3_000);
  expect(openHandles()).toEqual(handlesBefore);
});

async function until(isTrue: () => boolean, maxMs: number): Promise<boolean> {
  const endMs = performance.now() + maxMs;
  while (!isTrue()) {
    if (performance.now() > endMs) return false;
    await new Promise((resolve) => void setTimeout(resolve, 2));
  }
  return true;
}

describe('env/node', () => {
  for (const { name, run } of streamContract(network)) test(name, run);
  for (const { name, run } of datagramContract(network)) test(name, run);
});
