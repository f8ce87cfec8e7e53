/** `adastra start` as a process, and other processes that reach its node through the socket. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { adastraFolder } from '../support/adastra-folder.ts';
import { TIMEOUT_MS } from '../support/long.ts';

const folder = adastraFolder('start');
const { run, json, begin } = folder;

/** Writes with another process, so that one node has founded the directory. */
async function newNode(): Promise<void> {
  expect((await run('init --node-id kitchen')).code).toBe(0);
}

const socketPath = (): string => join(folder.path, 'adastra-data/node.sock');

it('serves other processes, and ends cleanly at SIGTERM', { timeout: TIMEOUT_MS }, async () => {
  await newNode();
  const node = await begin('start --no-discovery --json', '"ready":true');
  expect(statSync(socketPath()).mode & 0o777).toBe(0o600);
  expect((await run('store put user:1 Gaspard')).code).toBe(0);
  expect((await run('store get user:1')).out).toBe('Gaspard\n');
  expect((await run('store get nobody')).code).toBe(3);
  expect((await run('store put user:1 other --if-absent')).code).toBe(4);
  const status = await json('status');
  expect(status).toMatchObject({ nodeId: 'kitchen', transport: { state: 'running' } });
  expect((await run('store get user:1 --read-only')).out).toBe('Gaspard\n');
  expect(await json('daemon status')).toMatchObject({ pid: node.child.pid });
  for (const line of [
    'status',
    'node info',
    'log tail',
    'checkpoint',
    'backup copy',
    'log verify',
  ]) {
    const { code, err } = await run(line);
    expect([line, code, err]).toEqual([line, 0, '']);
  }
  expect((await run('store history user:1')).out).toContain('Gaspard');
  expect((await run('start')).code).toBe(6);
  node.child.kill('SIGTERM');
  const { code, signal, out } = await node.ended;
  expect([code, signal]).toEqual([0, null]);
  expect(JSON.parse(out)).toMatchObject({ ready: true, nodeId: 'kitchen', socket: socketPath() });
  expect(existsSync(socketPath())).toBe(false);
  expect(existsSync(join(folder.path, 'adastra-data/node.json'))).toBe(false);
  expect(await json('status')).toMatchObject({ recovery: { cleanClose: true } });
  expect((await run('store get user:1')).out).toBe('Gaspard\n');
});

it('ends with 0 at Ctrl-C, with readers and writers under way', {
  timeout: TIMEOUT_MS,
}, async () => {
  await newNode();
  const node = await begin('start --no-discovery', 'ready');
  const tail = await begin('log tail --from 1 --system --follow', '\n');
  const writes = Array.from({ length: 8 }, (_, index) => run(`store put k${index} ${index}`));
  const acknowledged = (await Promise.all(writes)).filter(({ code }) => code === 0).length;
  expect(acknowledged).toBe(8);
  await tail.see('put k7');
  // One that says nothing does not hold the end up.
  const silent = connect(socketPath());
  silent.on('error', () => {});
  const before = Date.now();
  node.child.kill('SIGINT');
  expect((await node.ended).code).toBe(0);
  expect(Date.now() - before).toBeLessThan(10_000);
  expect((await tail.ended).code).toBe(0);
  silent.destroy();
  expect((await run('store count')).out).toBe('8\n');
});

it('is found again after a kill: the stale socket is replaced', {
  timeout: TIMEOUT_MS,
}, async () => {
  await newNode();
  const first = await begin('start --no-discovery', 'ready');
  await run('store put a 1');
  first.child.kill('SIGKILL');
  await first.ended;
  expect(existsSync(socketPath())).toBe(true);
  // Nobody holds the lock: the files are opened, what node.json says is not believed.
  expect((await run('store put b 2')).code).toBe(0);
  expect((await run('daemon status')).code).toBe(3);
  await begin('start --no-discovery', 'ready');
  expect((await run('store put c 3')).code).toBe(0);
  expect((await run('store count')).out).toBe('3\n');
  expect((await run('daemon stop')).code).toBe(0);
  expect(existsSync(socketPath())).toBe(false);
});

it('reaches the node of a directory whose path is too long for a socket', {
  timeout: TIMEOUT_MS,
}, async () => {
  const data = join(folder.path, 'd'.repeat(110));
  await run(`init --data ${data}`);
  const node = await begin(`start --no-discovery --data ${data}`, 'ready');
  const file = JSON.parse(readFileSync(join(data, 'node.json'), 'utf8')) as { socket: string };
  expect(Buffer.byteLength(file.socket)).toBeLessThanOrEqual(100);
  expect((await run(`store put a 1 --data ${data}`)).code).toBe(0);
  node.child.kill('SIGTERM');
  expect((await node.ended).code).toBe(0);
  expect(existsSync(file.socket)).toBe(false);
});

it('works locally where it cannot listen, unless it must', { timeout: TIMEOUT_MS }, async () => {
  await newNode();
  const must = await run('start --no-discovery --host 203.0.113.77 --require-transport');
  expect([must.code === 0, must.out]).toEqual([false, '']);
  const node = await begin('start --no-discovery --host 203.0.113.77', 'ready');
  await node.see('warning: not listening for other nodes');
  expect((await run('store put a 1')).code).toBe(0);
  const invited = await run('invite');
  expect([invited.code, invited.out]).toEqual([1, '']);
  node.child.kill('SIGINT');
  expect((await node.ended).code).toBe(0);
});

it('answers a plain HTTP client', { timeout: TIMEOUT_MS }, async () => {
  await newNode();
  await begin('start --no-discovery', 'ready');
  await run('store put a/b 1');
  const program = `
    const { request } = require('node:http');
    request({ socketPath: ${JSON.stringify(socketPath())}, path: '/v1/entries/a%2Fb' }, (response) =>
      response.pipe(process.stdout)).end();`;
  const answer = execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  expect(JSON.parse(answer)).toMatchObject({ key: 'a/b', value: 1 });
});
