/** Tokens over TCP: who gets in, what each role and each prefix allows, and when that ends. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openNode } from '../../src/client/directories.ts';
import { initNode } from '../../src/client/index.ts';
import type { NewToken } from '../../src/engine/index.ts';
import { TokenGuard } from '../../src/daemon/token-guard.ts';
import { testFolder } from '../support/folder.ts';
import { type Answer, ask, begin, serveHttp, type ServedNode } from './served-node.ts';

const folder = (): string => join(testFolder('tokens'), 'd');

type Asking = (method: string, target: string, body?: object) => Promise<Answer>;

/** Asks with this token. */
function withToken(served: ServedNode, token: string | undefined): Asking {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return (method, path, body) =>
    ask(served, {
      method,
      path,
      headers,
      ...(body === undefined ? {} : { send: JSON.stringify(body) }),
    });
}

async function asking(served: ServedNode, token: NewToken): Promise<Asking> {
  return withToken(served, (await served.node.createToken(token)).token);
}

const codeOf = ({ status, json }: Answer): string =>
  `${status} ${String(json['code'] ?? '')}`.trim();

const put = (ask: Asking, key: string, more: object = {}): Promise<Answer> =>
  ask('PUT', `/v1/entry?key=${encodeURIComponent(key)}`, { value: 1, ...more });

describe('who gets in', () => {
  it('is everybody here until there is a token, then who has one', async () => {
    const served = await serveHttp(folder());
    const anybody = withToken(served, undefined);
    expect(codeOf(await put(anybody, 'a'))).toBe('200');
    const { token, id } = await served.node.createToken({ role: 'write' });
    const refused = await put(anybody, 'a');
    expect(codeOf(refused)).toBe('401 unauthenticated');
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    expect(codeOf(await put(withToken(served, token), 'a'))).toBe('200');
    expect((await ask(served, { path: '/healthz' })).status).toBe(200);
    await served.node.revokeToken(id);
    expect(codeOf(await put(withToken(served, token), 'a'))).toBe('401 unauthenticated');
    // The last one has gone, and nobody gets in by that.
    expect(codeOf(await put(anybody, 'a'))).toBe('401 unauthenticated');
  });

  it('is nobody without one where it is required', async () => {
    const served = await serveHttp(folder(), { isTokenRequired: true });
    expect(codeOf(await withToken(served, undefined)('GET', '/v1/count'))).toBe(
      '401 unauthenticated',
    );
    expect((await ask(served, { path: '/readyz' })).status).toBe(200);
  });

  it('is nobody with a wrong one, in the same words for all of them', async () => {
    const served = await serveHttp(folder());
    const { token, id } = await served.node.createToken({ role: 'admin' });
    const secret = token.slice(-43);
    const other = `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`;
    const wrong = [
      `adt_${id}_${other}`,
      `adt_${'0'.repeat(16)}_${secret}`,
      `adt_${id}_`,
      `adt_${id}`,
      id,
      secret,
      'x'.repeat(4000),
    ];
    const words = new Set<unknown>();
    for (const text of wrong) {
      const answer = await withToken(served, text)('GET', '/v1/count');
      expect([text, codeOf(answer)]).toEqual([text, '401 unauthenticated']);
      words.add(answer.text);
    }
    expect(words.size).toBe(1);
    for (const authorization of ['', 'Bearer', `Basic ${token}`, token, `Bearer ${token} x`]) {
      const answer = await ask(served, { path: '/v1/count', headers: { authorization } });
      expect([authorization, answer.status]).toEqual([authorization, 401]);
    }
  });

  it('ends with the token, also for an answer that streams', async () => {
    const served = await serveHttp(folder());
    const { token, id } = await served.node.createToken({ role: 'read' });
    const headers = { authorization: `Bearer ${token}` };
    const [, response] = await begin(served.server, { path: '/v1/stream', headers });
    response.on('error', () => {}).resume();
    const ended = new Promise((resolve) => response.once('close', resolve));
    await served.node.revokeToken(id);
    await ended;
    expect(response.complete).toBe(false);
  });

  it('ends when the time of the token is over', async () => {
    const dataDir = folder();
    await initNode(dataDir, {});
    const node = await openNode({ dataDir });
    const { token, expiresAtMs = 0 } = await node.createToken({ role: 'read', expiresMs: 1000 });
    let nowMs = expiresAtMs - 1;
    const guard = new TokenGuard({ node, isTokenRequired: false, now: () => nowMs });
    const incoming = { headersDistinct: { authorization: [`Bearer ${token}`] } } as never;
    expect(await guard.callerOf(incoming)).toMatchObject({ kind: 'token', role: 'read' });
    nowMs += 1;
    await expect(guard.callerOf(incoming)).rejects.toMatchObject({ code: 'unauthenticated' });
    await node.close();
  });
});

it('a role allows what it says and no more', async () => {
  const served = await serveHttp(folder());
  const commit = { operations: [{ op: 'put', args: { key: 'b', value: 2 } }] };
  const read = await asking(served, { role: 'read' });
  const write = await asking(served, { role: 'write' });
  const admin = await asking(served, { role: 'admin' });
  expect(codeOf(await put(read, 'a'))).toBe('403 forbidden');
  expect(codeOf(await read('POST', '/v1/commit', commit))).toBe('403 forbidden');
  expect(codeOf(await put(write, 'a'))).toBe('200');
  expect(codeOf(await write('POST', '/v1/commit', commit))).toBe('200');
  expect(codeOf(await read('GET', '/v1/entries/a'))).toBe('200');
  for (const [method, path, body] of [
    ['POST', '/v1/tokens', { role: 'admin' }],
    ['GET', '/v1/tokens', undefined],
    ['POST', '/v1/invite', {}],
    ['POST', '/v1/backup', { directory: '/tmp/no' }],
    ['PUT', '/v1/policies', { prefix: '', policy: 'manual' }],
  ] as const) {
    expect([path, codeOf(await write(method, path, body))]).toEqual([path, '403 forbidden']);
  }
  expect(codeOf(await admin('GET', '/v1/tokens'))).toBe('200');
  expect(codeOf(await admin('POST', '/v1/stop', {}))).toBe('403 forbidden');
});

it('hashes of tokens are for admins', async () => {
  const served = await serveHttp(folder());
  const { id, token } = await served.node.createToken({ role: 'admin' });
  const key = encodeURIComponent(`$token/${id}`);
  const write = await asking(served, { role: 'write' });
  for (const path of [
    `/v1/entries/${key}`,
    `/v1/entry?key=${key}`,
    `/v1/entries/${key}/history`,
    '/v1/entries?system=true',
    '/v1/entries?prefix=%24token&system=true',
  ]) {
    expect([path, codeOf(await write('GET', path))]).toEqual([path, '403 forbidden']);
  }
  expect(codeOf(await withToken(served, token)('GET', `/v1/entries/${key}`))).toBe('200');
});

describe('a token of prefixes', () => {
  const token: NewToken = { role: 'write', prefixes: ['order/', 'shelf/'] };

  it('reads keys and ranges within one of them', async () => {
    const served = await serveHttp(folder());
    for (const key of ['order/1', 'order/2', 'shelf/1', 'salary/1']) await served.node.put(key, 1);
    const own = await asking(served, token);
    for (const path of [
      '/v1/entries/order%2F1',
      '/v1/entry?key=shelf/1',
      '/v1/entries/order%2F1/history',
      '/v1/entries?prefix=order/',
      '/v1/entries?prefix=order/1',
      '/v1/entries?gte=order/1&lt=order/9',
      '/v1/count?prefix=shelf/',
      '/v1/conflicts?prefix=order/',
      '/v1/freshness',
    ]) {
      expect([path, codeOf(await own('GET', path))]).toEqual([path, '200']);
    }
    for (const path of [
      '/v1/entries/salary%2F1',
      '/v1/entry?key=salary/1',
      '/v1/entries/salary%2F1/history',
      '/v1/entries',
      '/v1/entries?prefix=o',
      '/v1/entries?prefix=',
      '/v1/entries?gte=order/1',
      '/v1/entries?gte=order/1&lt=shelf/9',
      '/v1/entries?gt=order/1&lte=z',
      '/v1/entries?prefix=order/&system=true',
      '/v1/count',
      '/v1/conflicts',
      '/v1/journal',
      '/v1/hashes',
      '/v1/status',
      '/v1/log/tail',
      '/v1/projections',
      '/v1/query/p?query=q',
      '/metrics',
    ]) {
      expect([path, codeOf(await own('GET', path))]).toEqual([path, '403 forbidden']);
    }
  });

  it('sees of commits what is within them', async () => {
    const served = await serveHttp(folder());
    await served.node.commit({
      operations: ['order/1', 'salary/1'].map((key) => ({ op: 'put', args: { key, value: 7 } })),
    });
    await served.node.put('salary/2', 8);
    const made = await served.node.createToken(token);
    const own = withToken(served, made.token);
    for (const path of ['/v1/commits?from=1', '/v1/commits?from=1&system=true']) {
      const { text } = await own('GET', path);
      const lines = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { events: object[] });
      expect(lines).toHaveLength(1);
      expect(lines[0]?.events).toMatchObject([{ key: 'order/1', value: 7 }]);
    }
    await served.node.put('order/2', 9);
    const headers = { authorization: `Bearer ${made.token}` };
    const path = '/v1/stream?from=1&system=true';
    const [request, response] = await begin(served.server, { path, headers });
    let seen = '';
    for await (const block of response.setEncoding('utf8') as AsyncIterable<string>) {
      seen += block;
      if (seen.includes('order/2')) break;
    }
    request.destroy();
    expect(seen).toContain('order/1');
    expect(seen).not.toMatch(/salary|\$token/);
  });

  it('writes within them, by every way, and nothing of a commit that reaches out', async () => {
    const served = await serveHttp(folder());
    const salary = await served.node.put('salary/1', 100);
    const own = await asking(served, token);
    const before = (await served.node.freshness()).seq;
    const commit = (...keys: string[]): object => ({
      operations: keys.map((key) => ({ op: 'put', args: { key, value: 1 } })),
    });
    const revert = `/v1/commits/${salary.seq}/revert`;
    const refused: readonly [string, string, object][] = [
      ['PUT', '/v1/entry?key=salary/1', { value: 1 }],
      ['DELETE', '/v1/entry?key=salary/1', {}],
      ['POST', '/v1/commit', commit('order/1', 'salary/1')],
      ['POST', '/v1/commit', { ...commit('order/1'), within: ['salary/'] }],
      ['POST', revert, { reason: 'mine' }],
      ['POST', '/v1/conflict/resolve?key=salary/1', { value: 1 }],
      ['PUT', '/v1/entry?key=order', { value: 1 }],
    ];
    for (const [method, path, body] of refused) {
      const answer = await own(method, path, body);
      expect([path, codeOf(answer)]).toEqual([path, '403 forbidden']);
      expect(answer.text).not.toContain('100');
    }
    expect((await served.node.freshness()).seq).toBe(before);
    const dry = await own('POST', '/v1/preflight', commit('salary/1'));
    expect(dry.json).toMatchObject({ ok: false });
    expect(codeOf(await put(own, 'order/1'))).toBe('200');
    expect(codeOf(await own('POST', '/v1/commit', commit('order/2', 'shelf/1')))).toBe('200');
    const narrow = { ...commit('order/2'), within: ['order/2'] };
    expect(codeOf(await own('POST', '/v1/commit', narrow))).toBe('200');
    expect(await served.node.get('salary/1')).toBe(100);
  });
});

it('a commandId is that of its token', async () => {
  const served = await serveHttp(folder());
  const one = await asking(served, { role: 'write' });
  const other = await asking(served, { role: 'write' });
  const command = { commandId: 'c-1' };
  const first = await put(one, 'a', command);
  expect(first.json).toMatchObject({ replayed: false });
  expect((await put(one, 'a', command)).json).toMatchObject({ replayed: true });
  expect(codeOf(await put(one, 'b', command))).toBe('409 command_mismatch');
  expect((await put(other, 'b', command)).json).toMatchObject({ replayed: false });
  expect((await served.node.put('c', 1, command)).replayed).toBe(false);
  const receipt = await one('GET', '/v1/receipts/c-1');
  expect(receipt.json).toMatchObject({ seq: first.json['seq'] });
});
