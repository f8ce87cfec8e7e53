/** `adastra serve` and `start --http` as processes: HTTP beside the socket, and how they end. */
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { adastraFolder } from '../support/adastra-folder.ts';
import { TIMEOUT_MS } from '../support/long.ts';

const folder = adastraFolder('serve');
const { run, json, begin } = folder;

beforeEach(async () => {
  expect((await run('init --node-id kitchen')).code).toBe(0);
});

async function urlNow(): Promise<string> {
  return (await json('daemon status'))['url'] as string;
}

it('serves HTTP and no other nodes', { timeout: TIMEOUT_MS }, async () => {
  const node = await begin('serve --port 0 --json');
  const url = await urlNow();
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({
    operations: [{ op: 'put', args: { key: 'user:1', value: 'Ada' } }],
  });
  const answer = await fetch(`${url}/v1/commit`, { method: 'POST', headers, body });
  expect(await answer.json()).toMatchObject({ outcome: 'committed' });
  expect((await run('store get user:1')).out).toBe('Ada\n');
  expect(await json('status')).toMatchObject({
    transport: { state: 'off' },
    discovery: { state: 'off' },
  });
  const port = new URL(url).port;
  const second = join(folder.path, 'second');
  expect((await run(`init --data ${second}`)).code).toBe(0);
  const taken = await run(`serve --data ${second} --port ${port}`);
  expect([taken.code, taken.err]).toEqual([75, expect.stringContaining('port_in_use')]);
  expect((await run(`store put a 1 --data ${second}`)).code).toBe(0);
  node.child.kill('SIGTERM');
  const { code, out, err } = await node.ended;
  expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ url, nodeId: 'kitchen' })]);
  expect(err).toContain('every program on this machine');
  await expect(fetch(`${url}/v1/status`)).rejects.toThrow('fetch failed');
});

it('is what start does with --http, and serve with --peers', { timeout: TIMEOUT_MS }, async () => {
  for (const line of ['start --http 0', 'serve --port 0 --peers']) {
    const node = await begin(`${line} --no-discovery --json`);
    expect(await json('status')).toMatchObject({ transport: { state: 'running' } });
    expect((await fetch(`${await urlNow()}/v1/count`)).status).toBe(200);
    expect((await run('daemon stop')).code).toBe(0);
    expect((await node.ended).code).toBe(0);
  }
});

it('makes tokens, lists them and ends them', { timeout: TIMEOUT_MS }, async () => {
  await begin('serve --port 0 --json');
  const url = await urlNow();
  const made = await run('token create --role write --prefix order/ --expires 1h --note till');
  expect([made.code, made.out]).toEqual([0, expect.stringMatching(/^adt_[0-9a-f]{16}_\S{43}\n$/)]);
  expect(made.err).toContain('role write, "order/", until');
  const statusOf = async (path: string, token?: string): Promise<number> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token.trim()}` };
    return (await fetch(`${url}${path}`, { headers })).status;
  };
  const path = '/v1/entries?prefix=order/';
  expect(await statusOf(path)).toBe(401);
  expect(await statusOf(path, made.out)).toBe(200);
  expect(await statusOf('/v1/entries', made.out)).toBe(403);
  const listed = await run('token list');
  expect(listed.out).toContain('till');
  expect(listed.out).not.toContain(made.out.trim().slice(-43));
  const [id] = /[0-9a-f]{16}/.exec(made.out) ?? [];
  expect(await json('token list')).toMatchObject({ id, role: 'write', prefixes: ['order/'] });
  expect((await run(`token revoke ${id}`)).code).toBe(0);
  expect(await statusOf(path, made.out)).toBe(401);
  expect((await run(`token revoke ${id}`)).code).toBe(3);
  expect((await run('token create --role root')).code).toBe(2);
  expect((await run('token create --role admin --prefix a/')).code).toBe(2);
});

it('refuses options that do not go together, and opens nothing', {
  timeout: TIMEOUT_MS,
}, async () => {
  for (const line of [
    'serve --port 0 --host 0.0.0.0',
    'serve --port 0 --tls-cert cert.pem',
    'serve --port 0 --limit connections',
    'serve --port 0 --limit nonsense=5',
    'start --tls-cert cert.pem --tls-key key.pem',
    'start --allow-host a.example',
  ]) {
    const { code, err, out } = await run(line);
    expect([line, code, out, err]).toEqual([line, 2, '', expect.stringContaining('error: ')]);
  }
});
