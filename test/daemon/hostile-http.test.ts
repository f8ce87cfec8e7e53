/**
 * Hostile input over TCP: each with the status and code that it gets, and behind each the server
 * answers the next request as if nothing had been.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HttpLimits } from '../../src/daemon/http-limits.ts';
import { RequestMeter } from '../../src/daemon/request-meter.ts';
import { testFolder } from '../support/folder.ts';
import { type Answer, ask, begin, placeOf, serveHttp, serveNode } from './served-node.ts';
import type { ServedNode } from './served-node.ts';

const codeOf = ({ status, json }: Answer): string =>
  `${status} ${String(json['code'] ?? '')}`.trim();

function serve(limits: Partial<HttpLimits> = {}, over: object = {}): Promise<ServedNode> {
  return serveHttp(join(testFolder('hostile'), 'd'), { limits }, over);
}

async function expectHealthy(served: ServedNode): Promise<void> {
  const path = '/v1/entry?key=healthy';
  expect(codeOf(await ask(served, { method: 'PUT', path, send: '{"value":1}' }))).toBe('200');
}

function wire({ server }: ServedNode): Socket {
  const { host, port } = placeOf(server.url ?? '');
  const socket = connect(port, host);
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Resolves at its end, clean or not. */
function closeOf(stream: Socket | IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', () => resolve());
  });
}

/** Sends these bytes and gives all that comes until the other side ends. */
async function sendRaw(served: ServedNode, ...pieces: readonly string[]): Promise<string> {
  const socket = wire(served);
  let text = '';
  socket.setEncoding('utf8').on('data', (block: string) => (text += block));
  for (const piece of pieces) socket.write(piece);
  await closeOf(socket);
  return text;
}

function head(served: ServedNode, line: string, ...headers: readonly string[]): string {
  const { host } = new URL(served.server.url ?? '');
  return [`${line} HTTP/1.1`, `host: ${host}`, ...headers, '', ''].join('\r\n');
}

const JSON_TYPE = 'content-type: application/json';

describe('bodies', () => {
  const operation = { op: 'put', args: { key: 'a', value: 1 } };
  const cases: readonly [what: string, send: string | Buffer, answer: string][] = [
    ['no JSON', '{"operations":[', '400 invalid_argument'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), '400 invalid_argument'],
    ['no object', '[]', '400 invalid_argument'],
    ['null', 'null', '400 invalid_argument'],
    ['a wrong type', '{"operations":{}}', '400 invalid_argument'],
    ['a wrong type inside', '{"operations":[{"op":1}]}', '400 invalid_argument'],
    [
      'an unknown field',
      JSON.stringify({ operations: [operation], force: true }),
      '400 invalid_argument',
    ],
    [
      'an unknown field inside',
      JSON.stringify({ operations: [{ ...operation, force: true }] }),
      '400 invalid_argument',
    ],
    ['an unknown operation', '{"operations":[{"op":"rm -rf"}]}', '400 operation_unknown'],
    ['10 M nested arrays, open', '['.repeat(10_000_000), '413 limit_exceeded'],
    [
      '10 M nested arrays',
      `{"operations":${'['.repeat(10_000_000)}${']'.repeat(10_000_000)}}`,
      '413 limit_exceeded',
    ],
    [
      'a prototype',
      '{"operations":[{"op":"put","args":{"key":"a","value":{"__proto__":{"x":1}}}}]}',
      '400 invalid_value',
    ],
    [
      'a key of the system',
      '{"operations":[{"op":"put","args":{"key":"$token/x","value":1}}]}',
      '403 reserved_key',
    ],
    [
      'a key that is too long',
      JSON.stringify({
        operations: [{ op: 'put', args: { key: 'k'.repeat(1025), value: 1 } }],
      }),
      '400 invalid_key',
    ],
    [
      'a value that is too long',
      JSON.stringify({
        operations: [{ op: 'put', args: { key: 'a', value: 'v'.repeat(1024 * 1024 + 1) } }],
      }),
      '413 limit_exceeded',
    ],
  ];
  it.each(cases)('%s', async (_what, send, answer) => {
    const served = await serve();
    expect(codeOf(await ask(served, { method: 'POST', path: '/v1/commit', send }))).toBe(answer);
    expect(await served.node.count()).toBe(0);
    await expectHealthy(served);
  });

  it('one byte below the limit is read, one above is not', async () => {
    const served = await serve({ bodyBytesMax: 1000 });
    const sized = (bytes: number): string => {
      const empty = JSON.stringify({ value: '' }).length;
      return JSON.stringify({ value: 'x'.repeat(bytes - empty) });
    };
    const put = (send: string) => ask(served, { method: 'PUT', path: '/v1/entry?key=a', send });
    expect(codeOf(await put(sized(1000)))).toBe('200');
    expect(codeOf(await put(sized(1001)))).toBe('413 limit_exceeded');
    const chunked = head(served, 'PUT /v1/entry?key=b', JSON_TYPE, 'transfer-encoding: chunked');
    const chunk = `400\r\n${'x'.repeat(0x400)}\r\n`;
    const text = await sendRaw(served, chunked, ...Array.from({ length: 64 }, () => chunk));
    expect(text).toMatch(/^HTTP\/1\.1 413 .*"code":"limit_exceeded"/s);
    expect(await served.node.get('b')).toBeUndefined();
    await expectHealthy(served);
  });

  it('as deep as the limit is read, deeper is not', async () => {
    const served = await serve({ bodyDepthMax: 5 });
    const put = (depth: number) => {
      const value = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      return ask(served, {
        method: 'PUT',
        path: '/v1/entry?key=a',
        send: `{"value":${value},"metadata":"[[[[[[[\\"[[[["}`,
      });
    };
    expect(codeOf(await put(4))).toBe('200');
    expect(codeOf(await put(5))).toBe('413 limit_exceeded');
    await expectHealthy(served);
  });

  it('a commandId with another body', async () => {
    const served = await serve();
    const commit = (value: number) =>
      ask(served, {
        method: 'POST',
        path: '/v1/commit',
        send: JSON.stringify({
          operations: [{ op: 'put', args: { key: 'a', value } }],
          commandId: 'c',
        }),
      });
    expect(codeOf(await commit(1))).toBe('200');
    expect(codeOf(await commit(2))).toBe('409 command_mismatch');
    expect((await commit(1)).json).toMatchObject({ replayed: true });
    expect(await served.node.get('a')).toBe(1);
    await expectHealthy(served);
  });
});

describe('heads', () => {
  it('that are too large are 431 or 414, those at the limit are read', async () => {
    const served = await serve({ headerBytesMax: 8192, headersMax: 20, urlBytesMax: 1000 });
    const filler = `x-filler: ${'x'.repeat(9000)}`;
    expect(await sendRaw(served, head(served, 'GET /v1/count', filler))).toMatch(
      /^HTTP\/1\.1 431 .*"limitName":"headerBytesMax"/s,
    );
    const many = (count: number): string =>
      head(
        served,
        'GET /v1/count',
        ...Array.from({ length: count - 2 }, (_, n) => `x-${n}: 1`),
        'connection: close',
      );
    expect(await sendRaw(served, many(20))).toMatch(/^HTTP\/1\.1 200 /);
    expect(await sendRaw(served, many(21))).toMatch(/^HTTP\/1\.1 431 .*"limitName":"headersMax"/s);
    const long = (bytes: number): string => `/v1/entry?key=${'k'.repeat(bytes - 14)}`;
    expect(codeOf(await ask(served, { path: long(1000) }))).toBe('404 not_found');
    expect(codeOf(await ask(served, { path: long(1001) }))).toBe('414 limit_exceeded');
    await expectHealthy(served);
  });

  it('that are no HTTP, or name no host or two, are 4xx and the end of the connection', async () => {
    const served = await serve();
    for (const [bytes, status] of [
      ['\u0000\u0001\u0002\r\n\r\n', 400],
      ['GET / HTTP/9.9\r\n\r\n', 400],
      ['GET /v1/count HTTP/1.1\r\n\r\n', 400],
      ['GET /v1/count HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n', 421],
      [
        head(served, 'PUT /v1/entry?key=a', JSON_TYPE, 'content-length: 5', 'content-length: 6'),
        400,
      ],
      [
        head(
          served,
          'PUT /v1/entry?key=a',
          JSON_TYPE,
          'content-length: 5',
          'transfer-encoding: chunked',
        ),
        400,
      ],
      ['\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', 400],
    ] as const) {
      expect(await sendRaw(served, bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
    await expectHealthy(served);
  });
});

describe('slow and silent clients', () => {
  it('that dribble a head or a body are cut off with 408', async () => {
    const served = await serve({ headersTimeoutMs: 300, requestTimeoutMs: 600 });
    for (const begun of [
      'GET /v1/count HTTP/1.1\r\nhost: a\r\nx-slow',
      head(served, 'PUT /v1/entry?key=a', JSON_TYPE, 'content-length: 100'),
    ]) {
      const socket = wire(served);
      let text = '';
      socket.setEncoding('utf8').on('data', (block: string) => (text += block));
      socket.write(begun);
      const dribble = setInterval(() => void socket.write('x'), 50);
      await closeOf(socket);
      clearInterval(dribble);
      expect(text).toMatch(/^HTTP\/1\.1 408 .*"code":"timeout"/s);
      await expectHealthy(served);
    }
    expect(await served.node.get('a')).toBeUndefined();
  });

  it('make room for others when they are more than the limit', { timeout: 60_000 }, async () => {
    const served = await serve({ connectionsMax: 100 });
    const idle: Socket[] = [];
    for (let index = 0; index < 150; index++) {
      const socket = wire(served);
      await once(socket, 'connect');
      idle.push(socket);
    }
    await expect.poll(() => idle.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(50);
    expect(idle.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(100);
    await expectHealthy(served);
  });

  it('of one address do not take the places of all', async () => {
    const served = await serve({ connectionsMax: 10, connectionsPerAddressMax: 2 });
    const sockets = [wire(served), wire(served)];
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await expectHealthy(served);
    await expect.poll(() => sockets.filter(({ closed }) => closed).length).toBeGreaterThan(0);
  });

  it('that wait for answers keep their places, and a new one is turned away', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    let inHand = 0;
    const hashes = async (): Promise<object> => {
      inHand += 1;
      await gate;
      return {};
    };
    const served = await serve({ connectionsMax: 2 }, { hashes });
    const waiting = [1, 2].map(() => ask(served, { path: '/v1/hashes' }));
    await expect.poll(() => inHand).toBe(2);
    expect(await sendRaw(served, head(served, 'GET /healthz'))).toBe('');
    release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    await expectHealthy(served);
  });

  it('that never read are cut off, and nothing is gathered for them', async () => {
    const served = await serve({ stallMs: 300 });
    const value = 'x'.repeat(500_000);
    for (let index = 0; index < 60; index++) await served.node.put(`k${index}`, value);
    for (const path of ['/v1/entries', '/v1/stream?from=1']) {
      const [, response] = await begin(served.server, { path });
      response.on('error', () => {}).pause();
      await expect
        .poll(() => ask(served, { path: '/v1/count' }).then((answer) => answer.status))
        .toBe(200);
      const closed = closeOf(response);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      response.resume();
      await closed;
      expect([path, response.complete]).toEqual([path, false]);
      await expectHealthy(served);
    }
  });

  it('that leave in the middle of a commit get its receipt when they ask again', async () => {
    const served = await serve();
    const send = JSON.stringify({
      operations: [{ op: 'put', args: { key: 'a', value: 1 } }],
      commandId: 'once',
    });
    for (const cut of [10, send.length - 1]) {
      const length = `content-length: ${send.length}`;
      const socket = wire(served);
      socket.write(head(served, 'POST /v1/commit', JSON_TYPE, length) + send.slice(0, cut));
      await once(socket, 'connect');
      socket.destroy();
    }
    const gone = wire(served);
    gone.write(head(served, 'POST /v1/commit', JSON_TYPE, `content-length: ${send.length}`) + send);
    await expect.poll(() => served.node.get('a')).toBe(1);
    gone.destroy();
    const again = await ask(served, { method: 'POST', path: '/v1/commit', send });
    expect(again.json).toMatchObject({ outcome: 'committed', replayed: true });
    await expectHealthy(served);
  });
});

it('what is refused is counted all, and a line each in the log up to a bound', async () => {
  const lines: string[] = [];
  const ignore = (): void => {};
  const logger = {
    debug: ignore,
    info: ignore,
    warn: (line: string) => lines.push(line),
    error: ignore,
  };
  const meter = new RequestMeter();
  const dataDir = join(testFolder('hostile'), 'd');
  const served = await serveNode(dataDir, { http: { isTokenRequired: true }, logger, meter });
  lines.length = 0;
  const headers = { authorization: 'Bearer adt_0123456789abcdef_secret-of-somebody' };
  const path = `/v1/entries/${'%0A'.repeat(200)}?secret=in-the-query`;
  for (let index = 0; index < 50; index++) {
    expect(codeOf(await ask(served, { path, headers }))).toBe('401 unauthenticated');
  }
  await ask(served, { path: '/v1/count', headers: { host: 'evil.example' } });
  expect(meter.refusals().get('unauthenticated')).toBe(50);
  expect(meter.refusals().get('misdirected')).toBe(1);
  const refused = lines.filter((line) => line.startsWith('refused'));
  expect(refused).toHaveLength(20);
  for (const line of refused) {
    expect(line.length).toBeLessThan(250);
    expect(line).not.toMatch(/secret|\n/);
  }
});
