/** What monitoring asks a server for: alive, ready and why not, metrics of a node at work. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/index.ts';
import { readExposition, wentBack } from '../support/exposition.ts';
import { testFolder } from '../support/folder.ts';
import { ask, begin, serveHttp, serveNode, type ServedNode } from './served-node.ts';

function folder(): string {
  return join(testFolder('operate'), 'd');
}

async function metricsOf(served: ServedNode): Promise<ReturnType<typeof readExposition>> {
  const { status, type, text } = await ask(served, { path: '/metrics' });
  expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  const exposition = readExposition(text);
  expect(exposition.faults).toEqual([]);
  return exposition;
}

describe('health', () => {
  it('says that it is alive and ready', async () => {
    const served = await serveNode(folder());
    const answers = await Promise.all(['/healthz', '/readyz'].map((path) => ask(served, { path })));
    expect(answers.map(({ status, json }) => [status, json])).toEqual([
      [200, { alive: true }],
      [200, { ready: true }],
    ]);
  });

  it('says why a node takes no writes, without paths', async () => {
    const reason = { code: 'latched', reason: 'a flush failed' };
    const served = await serveNode(folder(), {}, { notReady: () => reason, meters: () => ({}) });
    const { status, json, type } = await ask(served, { path: '/readyz' });
    expect([status, type]).toEqual([503, 'application/problem+json']);
    expect(json).toMatchObject({ code: 'latched', detail: 'a flush failed', status: 503 });
    expect((await ask(served, { path: '/healthz' })).status).toBe(200);
  });

  it('answers where everything else is full or stops', async () => {
    const stuck = { put: () => new Promise(() => {}) };
    const options = { limits: { requestsMax: 1 }, graceMs: 500 };
    const served = await serveNode(folder(), options, stuck);
    const put = { method: 'PUT', path: '/v1/entry?key=a', send: '{"value":1}' };
    const waiting = ask(served, put).catch((error: Error) => error.message);
    await expect.poll(() => ask(served, { path: '/v1/count' }).then((a) => a.status)).toBe(429);
    expect((await ask(served, { path: '/healthz' })).status).toBe(200);
    expect((await ask(served, { path: '/readyz' })).status).toBe(200);
    const [, stream] = await begin(served.server.socket, { path: '/healthz' });
    stream.resume();
    const closing = served.server.close();
    await closing;
    expect(await waiting).toMatch(/socket hang up|ECONNRESET/);
  });
});

describe('metrics', () => {
  it('count what a node does, and never go back', async () => {
    const served = await serveNode(folder());
    const before = await metricsOf(served);
    for (const key of ['a', 'b', 'c']) {
      await ask(served, { method: 'PUT', path: `/v1/entry?key=${key}`, send: '{"value":1}' });
    }
    await ask(served, { path: '/v1/entries/none' });
    await ask(served, { path: '/no/such/route' });
    await served.node.checkpoint();
    const after = await metricsOf(served);
    expect(wentBack(before, after)).toEqual([]);
    const valueOf = (name: string): number | undefined => after.series.get(name)?.value;
    expect(valueOf('adastra_commits_total{by=callers}')).toBe(3);
    expect(valueOf('adastra_commit_seconds_count{}')).toBe(3);
    expect(valueOf('adastra_group_commits_sum{}')).toBe(3);
    expect(valueOf('adastra_entries{}')).toBe(3);
    expect(valueOf('adastra_ready{}')).toBe(1);
    expect(valueOf('adastra_health{state=ok}')).toBe(1);
    expect(valueOf('adastra_lag_commits{}')).toBe(0);
    expect(valueOf('adastra_pending_commits{}')).toBe(0);
    expect(valueOf('adastra_fsync_seconds_count{}')).toBeGreaterThanOrEqual(3);
    expect(valueOf('adastra_log_bytes{}')).toBeGreaterThan(0);
    expect(valueOf('adastra_checkpoint_age_seconds{}')).toBeGreaterThanOrEqual(0);
    expect(valueOf('adastra_connections{server=socket}')).toBeGreaterThanOrEqual(1);
    const route = 'method=PUT,route=/v1/entry';
    expect(valueOf(`adastra_http_requests_total{${route},status=200}`)).toBe(3);
    expect(valueOf(`adastra_http_request_seconds_count{${route}}`)).toBe(3);
    expect(valueOf('adastra_http_requests_total{method=any,route=none,status=404}')).toBe(1);
  });

  it('keep the number of series whatever callers send', async () => {
    const served = await serveNode(folder());
    const hostile = ['/v1/entries/%22%0a', '/x"\\y', '/metrics%0a', '/v1/entries/ä{}'].map((path) =>
      encodeURI(path),
    );
    for (const path of hostile) await ask(served, { path });
    const once = await metricsOf(served);
    for (let round = 0; round < 30; round++) {
      await ask(served, { path: `/v1/entries/k${round}` });
      await ask(served, { path: `/unknown/${round}` });
    }
    const keys = (await metricsOf(served)).series.keys();
    const news = [...keys].filter((key) => !once.series.has(key));
    // `/metrics` itself ended once more since.
    expect(news.filter((key) => !key.includes('route=/metrics'))).toEqual([]);
  });

  it('count refusals by reason', async () => {
    const served = await serveNode(folder(), { limits: { bodyBytesMax: 100 } });
    const send = `{"value":"${'x'.repeat(200)}"}`;
    await ask(served, { method: 'PUT', path: '/v1/entry?key=a', send });
    const { series } = await metricsOf(served);
    expect(series.get('adastra_refused_total{reason=limit_exceeded}')?.value).toBe(1);
  });

  it('outlive a state that is replaced', async () => {
    const served = await serveNode(folder());
    await served.node.put('a', 1);
    const before = await metricsOf(served);
    await (served.node as Engine).clockRepair();
    await served.node.put('b', 1);
    const after = await metricsOf(served);
    expect(wentBack(before, after)).toEqual([]);
    expect(after.series.get('adastra_commits_total{by=callers}')?.value).toBeGreaterThanOrEqual(2);
  });
});

describe('over TCP', () => {
  it('health is open to everybody, metrics to readers once there is a token', async () => {
    const served = await serveHttp(folder());
    const url = String(served.server.url);
    const statusOf = async (path: string, token?: string): Promise<number> => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const answer = await fetch(url + path, { headers });
      await answer.text();
      return answer.status;
    };
    expect(await statusOf('/metrics')).toBe(200);
    const { token } = await served.node.createToken({ role: 'read' });
    expect(await statusOf('/metrics')).toBe(401);
    expect(await statusOf('/metrics', token)).toBe(200);
    const reports = await served.node.createToken({ role: 'read', prefixes: ['a/'] });
    expect(await statusOf('/metrics', reports.token)).toBe(403);
    for (const path of ['/healthz', '/readyz'])
      expect(await statusOf(path, reports.token)).toBe(200);
    for (const path of ['/healthz', '/readyz']) expect(await statusOf(path)).toBe(200);
    const { series } = readExposition(
      await (
        await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
      ).text(),
    );
    expect(series.get('adastra_refused_total{reason=unauthenticated}')?.value).toBe(1);
    expect(series.get('adastra_connections{server=http}')?.value).toBeGreaterThanOrEqual(1);
  });
});
