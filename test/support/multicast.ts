/**
 * Whether this machine carries what discovery sends, found out by a bare socket that tries to hear
 * itself: some hosts and containers have no multicast on their loopback interface.
 */
import { createSocket } from 'node:dgram';
import { expect, type TestContext, vi } from 'vitest';
import { nodeEnv } from '../../src/env/node/index.ts';
import { skipFor } from './skip.ts';

/** The IPv4 group of discovery. */
export const GROUP = '239.255.77.77';

/** A UDP port that is free now. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => void socket.bind(0, '0.0.0.0', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => void socket.close(resolve));
  return port;
}

/** Counts as skipped where not even a bare socket hears itself by this path. */
export async function needsPath(context: TestContext, host: string = GROUP): Promise<void> {
  let hasHeard = false;
  const port = await freeUdpPort();
  const options = {
    family: 'IPv4',
    host: '0.0.0.0',
    port,
    shared: true,
    groups: host === GROUP ? [{ group: host, interfaceAddress: '127.0.0.1' }] : [],
    broadcast: true,
    multicastTtl: 0,
    onMessage: () => (hasHeard = true),
    onError: () => undefined,
  } as const;
  try {
    const socket = await nodeEnv().datagrams.open(options);
    socket.send(new Uint8Array([1]), { host, port }, host === GROUP ? '127.0.0.1' : undefined);
    await vi.waitFor(() => expect(hasHeard).toBe(true), { timeout: 2_000 }).catch(() => undefined);
    await socket.close();
  } catch {
    // Told below.
  }
  if (!hasHeard) skipFor(context, `a host that carries ${host} on its loopback interface`);
}
