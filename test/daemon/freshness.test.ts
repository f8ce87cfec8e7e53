/** Freshness over the socket: headers on every answer of data, and waiting for a commit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ask, begin, type ServedNode, serveNode } from './served-node.ts';

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

async function served(): Promise<ServedNode> {
  const directory = mkdtempSync(join(tmpdir(), 'adastra-fresh-'));
  directories.push(directory);
  return serveNode(directory, { limits: { waitsMax: 1 } });
}

async function headersOf(
  { server }: ServedNode,
  path: string,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown> & { status: number }> {
  const [, response] = await begin(server.socket, { path, headers });
  response.resume();
  return { ...response.headers, status: response.statusCode ?? 0 };
}

test('every answer of data says what it was made from, refusals too', async () => {
  const node = await served();
  const { seq } = await node.node.put('a', 1);
  const told = {
    'adastra-seq': String(seq),
    'adastra-log-seq': String(seq),
    'adastra-lag-commits': '0',
    'adastra-lag-ms': '0',
  };
  for (const path of ['/v1/freshness', '/v1/peers']) {
    expect(await headersOf(node, path)).toMatchObject({ status: 200, ...told });
  }
  const early = { 'x-min-seq': String(seq + 1), 'x-wait-ms': '0' };
  expect(await headersOf(node, '/v1/freshness', early)).toMatchObject({ status: 425, ...told });
});

test('a request waits for the commit that it asks for', async () => {
  const node = await served();
  const { seq } = await node.node.put('a', 1);
  const headers = { 'x-min-seq': String(seq + 1), 'x-wait-ms': '60000' };
  const waiting = ask(node, { path: '/v1/freshness', headers });
  // One request may wait at a time here: the second is refused once the first one does.
  const other = { 'x-min-seq': String(seq + 2), 'x-wait-ms': '1' };
  let status = 0;
  while (status !== 429) ({ status } = await ask(node, { path: '/v1/freshness', headers: other }));
  await node.node.put('a', 2);
  expect((await waiting).json).toMatchObject({ seq: seq + 1, logSeq: seq + 1, lagCommits: 0 });
});

test('after really waiting it says not_yet, and when to ask again', async () => {
  const node = await served();
  const began = performance.now();
  const answer = await headersOf(node, '/v1/freshness', { 'x-min-seq': '999', 'x-wait-ms': '150' });
  expect(answer).toMatchObject({ status: 425, 'retry-after': '1' });
  // Timers may be a millisecond early.
  expect(performance.now() - began).toBeGreaterThan(145);
});

test('a malformed wait is refused and named', async () => {
  const node = await served();
  for (const [name, value] of [
    ['x-min-seq', '-1'],
    ['x-min-seq', '1e3'],
    ['x-wait-ms', 'long'],
    ['x-wait-ms', '60001'],
  ] as const) {
    const { status, json } = await ask(node, { path: '/v1/freshness', headers: { [name]: value } });
    expect([status, json['code'], json['details']]).toEqual([
      400,
      'invalid_argument',
      { header: name },
    ]);
  }
});

test('a caller who goes away while waiting leaves its place', async () => {
  const node = await served();
  const headers = { 'x-min-seq': '999', 'x-wait-ms': '60000' };
  const controller = new AbortController();
  const { signal } = controller;
  const gone = begin(node.server.socket, { path: '/v1/freshness', headers, signal });
  const early = { 'x-min-seq': '999', 'x-wait-ms': '1' };
  let status = 0;
  while (status !== 429) ({ status } = await ask(node, { path: '/v1/freshness', headers: early }));
  controller.abort();
  await expect(gone).rejects.toThrow('abort');
  while (status !== 425) ({ status } = await ask(node, { path: '/v1/freshness', headers: early }));
});
