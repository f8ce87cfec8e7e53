/** The local socket as a program that speaks HTTP sees it: shapes, limits, bad input, slow readers. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AdastraError } from '../../src/core/index.ts';
import { attachTo, readNodeFile, serveNode as serveAgain } from '../../src/daemon/index.ts';
import type { HistoryOptions } from '../../src/engine/index.ts';
import { testFolder } from '../support/folder.ts';
import { ask, attach, begin, serveNode, type ServedNode } from './served-node.ts';

const put = (served: ServedNode, key: string, value: unknown) =>
  ask(served, {
    method: 'PUT',
    path: `/v1/entries/${encodeURIComponent(key)}`,
    send: JSON.stringify({ value }),
  });

describe('shapes', () => {
  it('names entries by one segment, decoded once, and by their twin', async () => {
    const served = await serveNode(join(testFolder('socket'), 'd'));
    const { status, json } = await put(served, 'a/b%2F', { $date: '1970-01-01T00:00:00.000Z' });
    expect([status, json]).toEqual([200, expect.objectContaining({ changed: true })]);
    const get = (path: string) => ask(served, { path });
    const one = await get('/v1/entries/a%2Fb%252F');
    expect(one.json).toMatchObject({
      key: 'a/b%2F',
      present: true,
      value: { $date: '1970-01-01T00:00:00.000Z' },
    });
    expect((await get('/v1/entry?key=a%2Fb%252F')).json).toEqual(one.json);
    expect((await get('/v1/entries/a/b%252F')).json['code']).toBe('unavailable');
    expect((await get('/v1/entries/a/b%252F')).status).toBe(404);
    expect((await get('/v1/entries/a%2Fb%2F')).json['code']).toBe('not_found');
    expect((await get('/v1/entries/a%2Fb%2F')).status).toBe(404);
    await put(served, '..', 1);
    expect((await get('/v1/entries/..')).json).toMatchObject({ key: '..', value: 1 });
    expect((await get('/v1/entries/%2e%2e')).json).toMatchObject({ key: '..' });
  });

  it('commits named operations', async () => {
    const served = await serveNode(join(testFolder('socket'), 'd'));
    const operations = [{ op: 'put', args: { key: 'k', value: { $bigint: '5' } } }];
    const { json } = await ask(served, {
      method: 'POST',
      path: '/v1/commit',
      send: JSON.stringify({ operations, commandId: 'c', actor: 'ada' }),
    });
    expect(json).toMatchObject({ outcome: 'committed', changed: true });
    expect(await served.node.get('k')).toBe(5n);
  });

  it('tells errors as problems, without a stack for faults of its own', async () => {
    const logged: string[] = [];
    const log = (message: string): void => void logged.push(message);
    const logger = { debug: log, info: log, warn: log, error: log };
    const served = await serveNode(
      join(testFolder('socket'), 'd'),
      { logger },
      {
        hashes: () => Promise.reject(new TypeError('oh')),
      },
    );
    const fault = await ask(served, { path: '/v1/hashes' });
    expect([fault.status, fault.type]).toEqual([500, 'application/problem+json']);
    expect(fault.json).toMatchObject({ code: 'io_error', retryable: false });
    expect(fault.text).not.toContain('served-node');
    expect(logged.join()).toContain('TypeError: oh');
    await put(served, 'a', 1);
    const failed = await ask(served, {
      method: 'PUT',
      path: '/v1/entry?key=a',
      send: '{"value":{"$date":"1970-01-01T00:00:00.000Z"},"ifAbsent":true}',
    });
    expect(failed.status).toBe(409);
    expect(failed.json).toMatchObject({ code: 'condition_failed', details: {} });
  });
});

describe('bad input', () => {
  const cases: readonly [what: string, method: string, path: string, send?: string][] = [
    ['no JSON', 'PUT', '/v1/entry?key=a', '{"value":'],
    ['no object', 'PUT', '/v1/entry?key=a', '[1]'],
    ['a wrong type', 'PUT', '/v1/entry?key=a', '{"value":1,"ifSeq":"1"}'],
    ['an unknown field', 'PUT', '/v1/entry?key=a', '{"value":1,"isAbsent":true}'],
    ['an unknown query field', 'GET', '/v1/entry?key=a&limit=1'],
    ['a query field twice', 'GET', '/v1/entry?key=a&key=b'],
    ['a query without its field', 'GET', '/v1/entry'],
    ['bad percent-encoding', 'GET', '/v1/entries/%ff'],
    ['bad percent-encoding in a query', 'GET', '/v1/entry?key=%zz'],
    ['a seq that is none', 'POST', '/v1/commits/-1/revert', '{"reason":"x"}'],
    ['operations that are none', 'POST', '/v1/commit', '{"operations":{}}'],
    ['an operation with more', 'POST', '/v1/commit', '{"operations":[{"op":"put","arg":1}]}'],
    ['a limit that is none', 'GET', '/v1/entries?limit=1e3'],
    ['a query where none is known', 'POST', '/v1/commit?durability=os', '{"operations":[]}'],
    ['a relative directory', 'POST', '/v1/backup', '{"directory":"copy"}'],
    [
      'a resolution of two kinds',
      'POST',
      '/v1/conflict/resolve?key=a',
      '{"stamp":"s","remove":true}',
    ],
    ['an unknown role', 'POST', '/v1/invite', '{"role":"root"}'],
    ['an unknown policy', 'PUT', '/v1/policies', '{"prefix":"","policy":"mine"}'],
  ];
  it.each(cases)(
    '%s is invalid_argument and changes nothing',
    async (_what, method, path, send) => {
      const served = await serveNode(join(testFolder('socket'), 'd'));
      const answer = await ask(served, { method, path, ...(send === undefined ? {} : { send }) });
      expect([answer.status, answer.json['code']]).toEqual([400, 'invalid_argument']);
      expect(await served.node.count()).toBe(0);
    },
  );

  it('refuses a body that is not JSON by its type, and deep or hostile values', async () => {
    const served = await serveNode(join(testFolder('socket'), 'd'));
    const path = '/v1/entry?key=a';
    const headers = { 'content-type': 'text/plain' };
    const plain = await ask(served, { method: 'PUT', path, headers, send: '{"value":1}' });
    expect(plain.json['code']).toBe('invalid_argument');
    const deep = `{"value":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const nested = await ask(served, { method: 'PUT', path, send: deep });
    expect(nested.json['code']).toBe('limit_exceeded');
    const proto = await ask(served, { method: 'PUT', path, send: '{"value":{"__proto__":1}}' });
    expect(proto.json['code']).toBe('invalid_value');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('answers garbage with 400 and goes on', async () => {
    const served = await serveNode(join(testFolder('socket'), 'd'));
    for (const bytes of [
      randomBytes(4096),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(0),
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(served.server.socket, () => socket.end(bytes));
        socket.on('close', () => resolve()).on('error', () => resolve());
        socket.resume();
      });
    }
    expect((await ask(served, { path: '/v1/count' })).json).toEqual({ count: 0 });
  });
});

describe('limits', () => {
  it('refuses a body that announces too much unread, and cuts off one that grows', async () => {
    const limits = { bodyBytesMax: 1000 };
    const served = await serveNode(join(testFolder('socket'), 'd'), { limits });
    const send = JSON.stringify({ value: 'x'.repeat(2000) });
    const announced = await ask(served, { method: 'PUT', path: '/v1/entry?key=a', send });
    expect([announced.status, announced.json['code']]).toEqual([413, 'limit_exceeded']);
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const [, response] = await begin(
      served.server.socket,
      { method: 'PUT', path: '/v1/entry?key=a', headers },
      send,
    );
    expect([response.statusCode, response.headers.connection]).toEqual([413, 'close']);
    response.destroy();
    expect(await served.node.count()).toBe(0);
    const small = await ask(served, {
      method: 'PUT',
      path: '/v1/entry?key=a',
      send: '{"value":1}',
    });
    expect(small.status).toBe(200);
  });

  it('takes no more requests and streams than it may, and says when to come again', async () => {
    const limits = { streamsMax: 2, requestsMax: 3 };
    const served = await serveNode(join(testFolder('socket'), 'd'), { limits });
    const streams = [];
    for (let index = 0; index < 2; index++) {
      streams.push(await begin(served.server.socket, { path: '/v1/stream' }));
    }
    const third = await ask(served, { path: '/v1/stream' });
    expect([third.status, third.json['code']]).toEqual([429, 'overloaded']);
    expect((await ask(served, { path: '/v1/count' })).status).toBe(200);
    for (const [request] of streams) request.destroy();
    const again = async () => (await ask(served, { path: '/v1/entries' })).status;
    await expect.poll(again).toBe(200);
  });

  it('bounds the bodies that it has in hand together', async () => {
    const limits = { bodyBytesTotalMax: 3000 };
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const served = await serveNode(
      join(testFolder('socket'), 'd'),
      { limits },
      { put: () => gate.then(() => ({})) },
    );
    const first = put(served, 'a', 'x'.repeat(2000));
    await sleep(50);
    expect((await put(served, 'b', 'x'.repeat(2000))).json['code']).toBe('overloaded');
    release();
    expect((await first).status).toBe(200);
    expect((await put(served, 'b', 'x'.repeat(2000))).status).toBe(200);
  });

  it('does 50 requests at once', async () => {
    const served = await serveNode(join(testFolder('socket'), 'd'));
    const node = await attach(served.dataDir);
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
    const receipts = await Promise.all(keys.map((key) => node.put(key, key)));
    expect(new Set(receipts.map(({ seq }) => seq)).size).toBe(50);
    expect(await Promise.all(keys.map((key) => node.get(key)))).toEqual(keys);
  });

  it('lets a slow reader wait without gathering for it, and cuts off one that is stuck', async () => {
    let given = 0;
    const served = await serveNode(
      join(testFolder('socket'), 'd'),
      { limits: { stallMs: 300 } },
      {
        async *list() {
          for (; given < 1_000_000; given++) yield [`k${given}`, 'x'.repeat(1000)];
        },
      },
    );
    const [, response] = await begin(served.server.socket, { path: '/v1/entries' });
    response.on('error', () => {});
    response.pause();
    await sleep(150);
    const before = given;
    expect(before).toBeLessThan(20_000);
    await sleep(100);
    expect(given).toBe(before);
    await sleep(300);
    response.resume();
    const ended = await new Promise((resolve) => response.once('close', () => resolve('closed')));
    expect([ended, response.complete]).toEqual(['closed', false]);
  });

  it('lets go of the source when the reader goes', async () => {
    let ended = false;
    const served = await serveNode(
      join(testFolder('socket'), 'd'),
      {},
      {
        async *history(_key: string, { signal }: HistoryOptions) {
          try {
            yield { seq: 1, value: 'x'.repeat(100_000) };
            await new Promise((resolve) => signal?.addEventListener('abort', resolve));
          } finally {
            ended = true;
          }
        },
      },
    );
    const node = await attach(served.dataDir);
    for await (const entry of node.history('a')) {
      expect(entry.seq).toBe(1);
      break;
    }
    await expect.poll(() => ended).toBe(true);
  });
});

describe('the place', () => {
  it('is 0600 beside a node.json that names it, and both go', async () => {
    const served = await serveNode(join(testFolder('socket'), 'd'));
    const { dataDir, server } = served;
    expect(server.socket).toBe(join(dataDir, 'node.sock'));
    expect(statSync(server.socket).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'node.json')).mode & 0o777).toBe(0o600);
    server.announce('127.0.0.1:4711');
    expect(readNodeFile(dataDir)).toMatchObject({
      pid: process.pid,
      socket: server.socket,
      nodeId: 'served',
      address: '127.0.0.1:4711',
    });
    await server.close();
    expect(existsSync(server.socket)).toBe(false);
    expect(existsSync(join(dataDir, 'node.json'))).toBe(false);
    expect(await attachTo(dataDir)).toBeUndefined();
  });

  it('lies in a directory of ours where the path is too long', async () => {
    const dataDir = join(testFolder('socket'), 'x'.repeat(120), 'd');
    mkdirSync(join(dataDir, '..'));
    const served = await serveNode(dataDir);
    expect(Buffer.byteLength(served.server.socket)).toBeLessThanOrEqual(100);
    expect(statSync(join(served.server.socket, '..')).mode & 0o777).toBe(0o700);
    const node = await attach(dataDir);
    expect((await node.put('a', 1)).changed).toBe(true);
  });

  it('replaces a socket that a dead process left', async () => {
    const dataDir = join(testFolder('socket'), 'd');
    const served = await serveNode(dataDir);
    await served.server.close();
    // A listener whose name stays behind, as after kill -9.
    const dead = createServer().listen(`${served.server.socket}.other`);
    await new Promise((resolve) => dead.once('listening', resolve));
    renameSync(`${served.server.socket}.other`, served.server.socket);
    await new Promise((resolve) => dead.close(resolve));
    expect(existsSync(served.server.socket)).toBe(true);
    expect(await attachTo(dataDir)).toBeUndefined();
    const again = await serveAgain(served.node, { dataDir });
    expect((await attach(dataDir)).running.nodeId).toBe('served');
    await again.close();
  });

  it('is nobody for a copied directory, a foreign answer, a torn or strange node.json', async () => {
    const folder = testFolder('socket');
    const served = await serveNode(join(folder, 'd'));
    const file = readFileSync(join(served.dataDir, 'node.json'));
    mkdirSync(join(folder, 'copy'));
    for (const content of [file, file.subarray(0, 20), '{}', '[]', '"x"', Buffer.alloc(100_000)]) {
      writeFileSync(join(folder, 'copy/node.json'), content);
      expect(await attachTo(join(folder, 'copy'))).toBeUndefined();
    }
    expect(await attachTo(served.dataDir)).toBeDefined();
  });
});

describe('a server that goes away', () => {
  it('ends live streams and answers `closed`, `unavailable` or `unknown_outcome`', async () => {
    const served = await serveNode(join(testFolder('socket'), 'd'));
    const node = await attach(served.dataDir);
    const { seq } = await node.put('a', 1);
    const live = node.changes({ from: seq })[Symbol.asyncIterator]();
    expect((await live.next()).value).toMatchObject({ seq });
    const next = live.next();
    await served.server.close();
    expect(await next).toMatchObject({ done: true });
    await expect(node.get('a')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(node.put('a', 2)).rejects.toMatchObject({ code: 'unavailable' });
    expect(node.isLost).toBe(true);
  });

  it('leaves the outcome of a write unknown that was under way', async () => {
    const dataDir = join(testFolder('socket'), 'd');
    const over = { put: () => new Promise(() => {}) };
    const served = await serveNode(dataDir, { limits: { graceMs: 100 } }, over);
    const node = await attach(dataDir);
    const write = node.put('a', 1).catch((error: unknown) => error);
    await sleep(50);
    await served.server.close();
    const error = await write;
    expect(AdastraError.is(error) && error.code).toBe('unknown_outcome');
  });

  it('aborts on this side at once', async () => {
    const served = await serveNode(
      join(testFolder('socket'), 'd'),
      {},
      { put: () => new Promise(() => {}) },
    );
    const node = await attach(served.dataDir);
    const controller = new AbortController();
    const write = node.put('a', 1, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(write).rejects.toMatchObject({ code: 'aborted' });
    await expect(node.put('a', 1, { signal: controller.signal })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});
