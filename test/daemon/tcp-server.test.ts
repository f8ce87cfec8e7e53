/** HTTP over TCP as a program, a browser's page or a stranger meets it: where it listens, for whom. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNodeFile } from '../../src/daemon/index.ts';
import { listenError } from '../../src/daemon/listen-error.ts';
import { testFolder } from '../support/folder.ts';
import { ask, placeOf, serveHttp, type ServedNode } from './served-node.ts';

const put = (served: ServedNode, headers: Record<string, string> = {}) =>
  ask(served, { method: 'PUT', path: '/v1/entries/a', send: '{"value":1}', headers });

const portOf = ({ server }: ServedNode): number => placeOf(server.url ?? '').port;

const folder = (): string => join(testFolder('tcp'), 'd');

describe('a server on loopback', () => {
  it('answers the routes of the socket, on the port that it names', async () => {
    const served = await serveHttp(folder());
    expect(served.server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(readNodeFile(served.dataDir)).toMatchObject({ url: served.server.url });
    expect((await put(served)).json).toMatchObject({ changed: true });
    const answer = await ask(served, { path: '/v1/entries/a' });
    expect([answer.status, answer.json['value']]).toEqual([200, 1]);
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('leaves what is for this user alone to the socket', async () => {
    const served = await serveHttp(folder());
    const { status, json } = await ask(served, { method: 'POST', path: '/v1/stop', send: '{}' });
    expect([status, json['code']]).toEqual([403, 'forbidden']);
  });

  it('is meant by its exact names only', async () => {
    const served = await serveHttp(folder(), { allowHosts: ['Data.example', 'x.example:81'] });
    const port = portOf(served);
    const statusOf = async (host: string) =>
      (await ask(served, { path: '/v1/count', headers: { host } })).status;
    const own = ['localhost', '127.0.0.1', '[::1]', 'LOCALHOST', 'data.example'];
    for (const name of own) expect([name, await statusOf(`${name}:${port}`)]).toEqual([name, 200]);
    expect(await statusOf('x.example:81')).toBe(200);
    for (const name of [
      'evil.example',
      `evil.example:${port}`,
      `localhost.evil.example:${port}`,
      `localhost:${port}.evil.example`,
      `localhost:${port + 1}`,
      `user@localhost:${port}`,
      `0.0.0.0:${port}`,
      'localhost',
    ]) {
      const answer = await ask(served, { path: '/v1/count', headers: { host: name } });
      expect([name, answer.status, answer.json['code']]).toEqual([name, 421, 'misdirected']);
    }
    expect((await put(served, { host: 'evil.example' })).status).toBe(421);
    expect(await served.node.count()).toBe(0);
  });

  it('turns pages of other sites away, before anything is done', async () => {
    const served = await serveHttp(folder());
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://localhost:${portOf(served)}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const answer = await put(served, headers as Record<string, string>);
      expect([answer.status, answer.json['code']]).toEqual([403, 'forbidden']);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(await served.node.count()).toBe(0);
    expect((await put(served, { 'sec-fetch-site': 'none' })).status).toBe(200);
  });

  it('answers pages of allowed origins, by their exact name and without credentials', async () => {
    const origin = 'https://app.example';
    const served = await serveHttp(folder(), { allowOrigins: [origin] });
    const headers = { origin, 'access-control-request-method': 'PUT' };
    const asked = await ask(served, { method: 'OPTIONS', path: '/v1/entries/a', headers });
    expect(asked.status).toBe(204);
    expect(asked.headers['access-control-allow-origin']).toBe(origin);
    expect(asked.headers['access-control-allow-headers']).toContain('authorization');
    expect(asked.headers['access-control-allow-credentials']).toBeUndefined();
    const answer = await put(served, { origin });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, origin]);
    expect(answer.headers['vary']).toContain('origin');
    const other = await put(served, { origin: 'https://app.example.evil.example' });
    expect(other.status).toBe(403);
  });

  it('takes no POST of a kind that a form can send', async () => {
    const served = await serveHttp(folder());
    const send = '{"operations":[{"op":"put","args":{"key":"a","value":1}}]}';
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const headers = { 'content-type': type };
      const answer = await ask(served, { method: 'POST', path: '/v1/commit', send, headers });
      expect([answer.status, answer.json['code']]).toEqual([415, 'invalid_argument']);
    }
    expect((await ask(served, { method: 'POST', path: '/v1/checkpoint' })).status).toBe(415);
    expect(await served.node.count()).toBe(0);
    const right = await ask(served, { method: 'POST', path: '/v1/commit', send });
    expect(right.json).toMatchObject({ outcome: 'committed' });
  });
});

describe('a start that fails', () => {
  const failing = async (http: object) => {
    const dataDir = folder();
    const start = serveHttp(dataDir, http);
    await expect(start).rejects.toMatchObject({ name: 'AdastraError' });
    expect(readNodeFile(dataDir)).toBeUndefined();
    return start.catch((error: unknown) => error);
  };

  it('says why', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    expect(await failing({ port })).toMatchObject({ code: 'port_in_use', retryable: true });
    other.close();
    const faults: readonly [http: object, code: string][] = [
      [{ port: 65_536 }, 'invalid_port'],
      [{ host: 'no.such.host.invalid' }, 'invalid_host'],
      [{ host: '192.0.2.1', isInsecure: true }, 'invalid_options'],
      [{ host: '0.0.0.0' }, 'invalid_options'],
      [{ allowHosts: ['a b'] }, 'invalid_options'],
      [{ allowOrigins: ['*'] }, 'invalid_options'],
      [{ allowOrigins: ['https://a.example/path'] }, 'invalid_options'],
      [{ tls: { cert: '/no/such.pem', key: '/no/such.pem' } }, 'invalid_options'],
      [{ limits: { connectionsMax: 0 } }, 'invalid_options'],
      [{ limits: { conectionsMax: 5 } }, 'invalid_options'],
    ];
    for (const [http, code] of faults) {
      expect([http, await failing(http)]).toMatchObject([http, { code }]);
    }
  });

  it('tells a port that takes rights and an address of another machine from each other', () => {
    const told = (code: string) =>
      listenError(Object.assign(new Error(code), { code }), '127.0.0.1', 80);
    expect(told('EACCES')).toMatchObject({ code: 'permission_denied', details: { port: 80 } });
    expect(told('EADDRNOTAVAIL')).toMatchObject({ code: 'invalid_host' });
    expect(told('EMFILE')).toMatchObject({ code: 'io_error' });
  });
});
