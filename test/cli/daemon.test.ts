/** Daemons as who keeps them running sees them: their logs, how they end, what is told of them. */
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import process from 'node:process';
import { beforeEach, expect, it } from 'vitest';
import { adastraFolder } from '../support/adastra-folder.ts';
import type { RunningAdastra } from '../support/adastra-process.ts';
import { readExposition } from '../support/exposition.ts';
import { TIMEOUT_MS } from '../support/long.ts';

const folder = adastraFolder('daemon');
const { run, json, begin } = folder;

beforeEach(async () => {
  expect((await run('init --node-id kitchen')).code).toBe(0);
});

async function serve(options = ''): Promise<{ node: RunningAdastra; url: string }> {
  const node = await begin(`serve --port 0 --json --log-format json${options}`);
  const { url } = await json('daemon status');
  return { node, url: String(url) };
}

const JSON_TYPE = { 'content-type': 'application/json' };

function put(url: string, key: string, token?: string): Promise<Response> {
  const authorization = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  const body = JSON.stringify({ operations: [{ op: 'put', args: { key, value: 1 } }] });
  const headers = { ...JSON_TYPE, ...authorization };
  return fetch(`${url}/v1/commit`, { method: 'POST', headers, body });
}

/** Whatever a client writes, as it is. */
async function sendRaw(url: string, text: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.resume();
  socket.write(text);
  const ended = once(socket, 'close');
  socket.end();
  await ended;
}

it('logs a JSON object a line, and never a token', { timeout: TIMEOUT_MS }, async () => {
  const { node, url } = await serve(' --log-level debug');
  const asked = { method: 'POST', headers: JSON_TYPE, body: '{"role":"write"}' };
  const { token } = (await (await fetch(`${url}/v1/tokens`, asked)).json()) as { token: string };
  expect((await put(url, 'a', token)).status).toBe(200);
  const headers = { authorization: `Bearer ${token}`, 'x-request-id': 'my-id-1' };
  const counted = await fetch(`${url}/v1/count`, { headers });
  expect(counted.headers.get('x-request-id')).toBe('my-id-1');
  const stranger = `adt_0123456789abcdef_${'s3cret-'.repeat(7).slice(0, 43)}`;
  expect((await put(url, 'a', stranger)).status).toBe(401);
  for (const secret of [token, stranger]) {
    const authorization = `Bearer ${token}`;
    await fetch(`${url}/v1/entries/${secret}?${secret}=1`, { headers: { authorization } });
    await fetch(`${url}/${secret}`, { headers: { 'x-request-id': secret } });
    const body = JSON.stringify({ [secret]: 1, operations: [] });
    const strange = { ...JSON_TYPE, authorization };
    await fetch(`${url}/v1/commit`, { method: 'POST', headers: strange, body });
    await sendRaw(url, `GET / HTTP/1.1\r\nHost: ${secret}\r\n\r\n`);
    await sendRaw(url, `${secret} / HTTP/1.1\r\nHost: x\r\n\r\n`);
    await sendRaw(url, `GET /${secret} HTTP/1.1\r\nHost: x\r\nOrigin: https://${secret}\r\n\r\n`);
  }
  expect((await run('daemon stop')).code).toBe(0);
  const { err, out } = await node.ended;
  const lines = err.trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const { time, level, message } of events) {
    expect(Date.parse(String(time))).toBeGreaterThan(0);
    expect(level).toMatch(/^(?:debug|info|warn|error)$/);
    expect(typeof message).toBe('string');
  }
  const secrets = [token, stranger].map((text) => text.slice('adt_0123456789abcdef_'.length));
  for (const secret of secrets) expect(err + out).not.toContain(secret.slice(0, 12));
  expect(events).toContainEqual(
    expect.objectContaining({ event: 'request', requestId: 'my-id-1', route: '/v1/count' }),
  );
  expect(events.filter(({ event }) => event === 'refused').length).toBeGreaterThan(2);
  expect(events.slice(-2).map(({ event }) => event)).toEqual(['stopping', 'stopped']);
});

it('answers what it admitted, ends streams, loses nothing that it acknowledged', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { node, url } = await serve();
  const acknowledged = new Set<string>();
  const odd: string[] = [];
  const client = async (name: number): Promise<void> => {
    for (let round = 0; ; round++) {
      const key = `k${name}-${round}`;
      try {
        const { status } = await put(url, key);
        if (status === 200) acknowledged.add(key);
        else if (status !== 503) odd.push(`${status}`);
      } catch (error) {
        const { cause } = error as { cause?: { code?: string } };
        const isGone = /^(?:ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET)$/.test(cause?.code ?? '');
        if (!isGone) odd.push(String(cause?.code));
        return;
      }
    }
  };
  const clients = Array.from({ length: 8 }, (_, name) => client(name));
  await expect.poll(() => acknowledged.size, { timeout: 30_000 }).toBeGreaterThan(50);
  const tail = await begin('log tail --follow --from 1', 'put k');
  node.child.kill('SIGTERM');
  expect((await node.ended).code).toBe(0);
  await Promise.all(clients);
  expect((await tail.ended).code).toBe(0);
  expect(odd).toEqual([]);
  const listed = await run('store list --json');
  const keys = new Set(
    listed.out.split('\n').flatMap((line) => (line === '' ? [] : [keyOf(line)])),
  );
  for (const key of acknowledged) expect(keys.has(key), key).toBe(true);
  expect(await json('status')).toMatchObject({ recovery: { cleanClose: true } });
});

function keyOf(line: string): string {
  return String((JSON.parse(line) as { key: unknown }).key);
}

it('waits for a request in hand, and ends at once at the second signal', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { node, url } = await serve();
  const agent = new Agent({ keepAlive: true });
  const headers = { ...JSON_TYPE, 'content-length': 100 };
  const slow = httpRequest(`${url}/v1/commit`, { method: 'POST', agent, headers });
  slow.on('error', () => {});
  slow.write('{');
  await expect
    .poll(async () => {
      const { series } = readExposition(await (await fetch(`${url}/metrics`)).text());
      return series.get('adastra_requests_in_hand{server=http}')?.value;
    })
    // This one and the one that asks.
    .toBe(2);
  node.child.kill('SIGTERM');
  await node.see('"event":"stopping"');
  expect((await run('daemon status')).code).toBe(3);
  node.child.kill('SIGTERM');
  expect((await node.ended).code).toBe(130);
  slow.destroy();
});

it('is told of after a kill, and stopped to its very end', { timeout: TIMEOUT_MS }, async () => {
  const first = await serve();
  expect(await json('daemon status --ready')).toMatchObject({ ready: true, source: 'writer' });
  first.node.child.kill('SIGKILL');
  await first.node.ended;
  const dead = await run('daemon status');
  expect([dead.code, dead.err]).toEqual([3, expect.stringContaining('ended without a stop')]);
  const nobody = await run('daemon stop');
  expect([nobody.code, nobody.out]).toEqual([0, 'no node was running\n']);
  const second = await serve();
  const { pid } = second.node.child;
  expect((await run('daemon stop')).out).toBe(`stopped process ${pid}\n`);
  await second.node.ended;
  expect(() => process.kill(pid as number, 0)).toThrow('ESRCH');
  expect((await run('store count')).out).toBe('0\n');
});

it('is a reader too', { timeout: TIMEOUT_MS }, async () => {
  const { url } = await serve();
  expect((await put(url, 'a')).status).toBe(200);
  const reader = await begin(
    'read --follow adastra-data --data r --http 0 --json --log-format json',
  );
  await expect
    .poll(async () => (await run('daemon status --ready --data r')).code, { timeout: 30_000 })
    .toBe(0);
  await expect
    .poll(async () => await json('daemon status --data r'), { timeout: 30_000 })
    .toMatchObject({ ready: true, lagCommits: 0, source: 'directory' });
  const { url: readerUrl } = await json('daemon status --data r');
  const ready = await fetch(`${String(readerUrl)}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true }]);
  const metrics = readExposition(await (await fetch(`${String(readerUrl)}/metrics`)).text());
  expect(metrics.faults).toEqual([]);
  const valueOf = (name: string): number | undefined => metrics.series.get(name)?.value;
  expect(valueOf('adastra_lag_commits{}')).toBe(0);
  expect(valueOf('adastra_source_connected{kind=directory}')).toBe(1);
  expect(valueOf('adastra_entries{}')).toBe(1);
  expect(valueOf('adastra_checkpoint_age_seconds{}')).toBeGreaterThanOrEqual(0);
  expect((await put(String(readerUrl), 'b')).status).toBe(403);
  expect((await run('daemon stop --data r')).code).toBe(0);
  const { code, err } = await reader.ended;
  expect(code).toBe(0);
  const last = err.trimEnd().split('\n').at(-1) ?? '';
  expect(JSON.parse(last)).toMatchObject({ event: 'stopped' });
});
