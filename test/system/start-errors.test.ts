/**
 * Transport and discovery that cannot start: each cause has its code, `status` shows it, local work
 * never notices, and a later start works (INV-11).
 */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Client, type NodeOptions } from '../../src/client/index.ts';
import { ROOT } from '../support/repository.ts';
import { TIMEOUT_MS } from '../support/long.ts';
import { skipFor } from '../support/skip.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const HOST = '127.0.0.1';
const NOBODY = 65_534;
const PRIVILEGED = 443;

async function node(options: NodeOptions = {}): Promise<Client> {
  const client = await Client.open({ memory: true, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** A TCP port that something else listens on. */
async function takenPort(): Promise<{ port: number; free(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  const free = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
  onTestFinished(() => void server.close());
  return { port, free };
}

async function takenUdpPort(): Promise<{ port: number; free(): Promise<void> }> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => void socket.bind(0, '0.0.0.0', resolve));
  let isFree = false;
  const free = (): Promise<void> =>
    new Promise((resolve) => {
      if (isFree) return resolve();
      isFree = true;
      return void socket.close(resolve);
    });
  onTestFinished(free);
  return { port: socket.address().port, free };
}

/** Reads and writes as if nothing had happened. */
async function worksLocally(client: Client): Promise<void> {
  const before = (client.get('n') as number | undefined) ?? 0;
  await client.put('n', before + 1);
  expect(client.get('n')).toBe(before + 1);
  const { health, sync } = await client.status();
  expect(health).toBe('ok');
  expect(sync.state).toBe('off');
}

describe('transport', () => {
  const cases = [
    ['invalid_host', { host: 'no such host' }],
    ['invalid_host', { host: '203.0.113.77' }],
    ['invalid_host', { host: 'no-such-name.invalid' }],
    ['invalid_port', { port: 65_536 }],
    ['invalid_port', { port: -1 }],
    ['invalid_port', { port: 1.5 }],
  ] as const;
  test.each(cases)('%s: %o', async (code, options) => {
    const client = await node();
    await expect(client.startTransport(options)).rejects.toMatchObject({ code });
    const { transport } = await client.status();
    expect(transport).toMatchObject({ state: 'failed', error: { code }, links: 0 });
    expect(transport.error?.message.length).toBeGreaterThan(10);
    await worksLocally(client);
    expect(await client.startTransport({ host: HOST })).toMatchObject({ state: 'running' });
    const after = (await client.status()).transport;
    expect(after).toMatchObject({ state: 'running', host: HOST });
    expect(after.error).toBeUndefined();
    await worksLocally(client);
  });

  test('port_in_use, when asked for and when opening; it is taken once it is free', async () => {
    const taken = await takenPort();
    const { port } = taken;
    const lines: string[] = [];
    const log = (text: string): void => void lines.push(text);
    const logger = { debug: log, info: log, warn: log, error: log };
    const client = await node({ transport: { host: HOST, port }, logger });
    const error = { code: 'port_in_use', message: expect.stringContaining(`${HOST}:${port}`) };
    expect((await client.status()).transport).toMatchObject({ state: 'failed', error });
    expect(lines.join('\n')).toContain(`${HOST}:${port}`);
    await worksLocally(client);
    const again = client.startTransport({ host: HOST, port });
    await expect(again).rejects.toMatchObject({ code: 'port_in_use', retryable: true });
    await taken.free();
    expect(await client.startTransport({ host: HOST, port })).toMatchObject({
      state: 'running',
      port,
    });
  });

  test('a failed start beside a running transport changes nothing', async () => {
    const client = await node({ transport: { host: HOST, port: 0 } });
    const before = (await client.status()).transport;
    expect(before.state).toBe('running');
    const again = client.startTransport({ host: HOST, port: 0 });
    await expect(again).rejects.toMatchObject({ code: 'already_exists' });
    expect((await client.status()).transport).toEqual(before);
    const bad = client.startTransport({ host: 'no such host' });
    await expect(bad).rejects.toMatchObject({ code: 'invalid_host' });
    expect((await client.status()).transport).toEqual(before);
  });

  test('stopping a failed one makes it off', async () => {
    const client = await node();
    await expect(client.startTransport({ port: 70_000 })).rejects.toMatchObject({
      code: 'invalid_port',
    });
    await client.stopTransport();
    const { transport } = await client.status();
    expect(transport.state).toBe('off');
    expect(transport.error).toBeUndefined();
  });
});

describe('discovery', () => {
  const cases = [
    ['invalid_host', { host: '203.0.113.77' }],
    ['invalid_port', { port: 0 }],
    ['invalid_port', { port: 65_536 }],
  ] as const;
  test.each(cases)('%s: %o', async (code, options) => {
    const client = await node();
    await expect(client.startDiscovery(options)).rejects.toMatchObject({ code });
    const { discovery } = await client.status();
    expect(discovery).toMatchObject({ state: 'failed', error: { code }, known: 0 });
    await worksLocally(client);
    const taken = await takenUdpPort();
    await taken.free();
    expect(await client.startDiscovery({ host: HOST, port: taken.port })).toMatchObject({
      state: 'running',
    });
    await worksLocally(client);
  });

  test('port_in_use, when asked for and when opening; it is taken once it is free', async () => {
    const taken = await takenUdpPort();
    const { port } = taken;
    const client = await node({ discovery: { host: HOST, port } });
    const failed = { state: 'failed', error: { code: 'port_in_use' } };
    expect((await client.status()).discovery).toMatchObject(failed);
    await worksLocally(client);
    await taken.free();
    expect(await client.startDiscovery({ host: HOST, port })).toMatchObject({
      state: 'running',
      port,
    });
  });
});

test('permission_denied: a port below 1024 as a user without rights', (context) => {
  const start = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
  const first = process.platform === 'linux' ? Number(readFileSync(start, 'utf8')) : 1024;
  if (first <= PRIVILEGED) skipFor(context, 'sysctl -w net.ipv4.ip_unprivileged_port_start=1024');
  const program = join(ROOT, 'test/system/privileged-child.mjs');
  const args = [program, String(NOBODY), String(PRIVILEGED)];
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: TIMEOUT_MS });
  expect(child.stderr).toBe('');
  const said = JSON.parse(child.stdout) as Record<string, object>;
  const failed = { state: 'failed', error: { code: 'permission_denied' } };
  expect(said).toMatchObject({
    transport: failed,
    discovery: failed,
    value: 'written all the same',
    started: { state: 'running' },
    running: { state: 'running', host: HOST },
  });
});

test('no peers: local work goes on, and what is queued for whom is shown', async () => {
  const client = await node({ transport: { host: HOST, port: 0 } });
  expect((await client.syncStateInfo()).queued).toBe(0);
  await worksLocally(client);
  // Somebody is invited and never seen again: everything waits for it, and nothing fails.
  const { code } = await client.invite();
  const { joinWorld } = await import('../../src/client/index.ts');
  const { testFolder } = await import('../support/folder.ts');
  const { fingerprint } = await joinWorld(join(testFolder('absent'), 'node'), code);
  for (let at = 0; at < 10; at++) await client.put(`k/${at}`, at);
  const { wal, sync } = await client.status();
  expect(sync).toMatchObject({ queued: wal.headSeq, inFlight: 0, failed: 0 });
  expect(await client.outbox()).toEqual([
    expect.objectContaining({
      peer: fingerprint,
      state: 'offline',
      cursorSeq: 0,
      headSeq: wal.headSeq,
      commitsRemaining: wal.headSeq,
    }),
  ]);
  const { verdict } = await client.syncWhy('k/9');
  expect(verdict).toContain('is durable here');
  expect(verdict).toContain('has not been met since this node was opened');
  expect(await client.tick()).toMatchObject({ batchSize: 0, retried: 0 });
});
