/** The client at a node's TCP port: tokens, freshness, projections, a node that goes and comes. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { initNode, openNode, defineProjection } from '../../src/client/index.ts';
import { serveNode as serve } from '../../src/daemon/index.ts';
import { HttpClient } from '../../src/http/index.ts';
import { serveHttp } from '../daemon/served-node.ts';
import { testFolder } from '../support/folder.ts';

const folder = (): string => join(testFolder('http'), 'd');

it('needs the token that the node wants', async () => {
  const { node, server } = await serveHttp(folder());
  const url = server.url ?? '';
  const nobody = new HttpClient({ url });
  await nobody.put('a', 1);
  const { token, id } = await node.createToken({ role: 'read' });
  const client = new HttpClient({ url, token });
  await expect(nobody.get('a')).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await client.get('a')).toBe(1);
  await expect(client.put('a', 2)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(client.tokens()).rejects.toMatchObject({ code: 'forbidden' });
  await node.revokeToken(id);
  await expect(client.get('a')).rejects.toMatchObject({ code: 'unauthenticated' });
  await Promise.all([nobody.close(), client.close()]);
});

it('says how fresh each answer is, and waits for what it must show', async () => {
  const { node, server } = await serveHttp(folder());
  const client = new HttpClient({ url: server.url ?? '' });
  expect(client.lastFreshness).toBeUndefined();
  const { seq } = await client.put('a', 1);
  expect(client.lastFreshness).toEqual({ seq, logSeq: seq, lagCommits: 0, lagMs: 0 });
  const view = client.with({ minSeq: seq + 1, minSeqWaitMs: 60_000 });
  const waiting = view.get('a');
  await node.put('a', 2);
  expect(await waiting).toBe(2);
  expect([view.lastFreshness?.seq, client.lastFreshness?.seq]).toEqual([seq + 1, seq]);
  const early = client.with({ minSeq: seq + 9, minSeqWaitMs: 0 });
  await expect(early.get('a')).rejects.toMatchObject({ code: 'not_yet', retryable: true });
  await view.close();
  await expect(client.get('a')).rejects.toMatchObject({ code: 'closed' });
});

it('asks projections, and goes on with a node that was stopped and started again', async () => {
  const dataDir = folder();
  const sum = defineProjection({
    name: 'sum',
    version: 1,
    initial: () => ({ sum: 0n }),
    apply: (state: { sum: bigint }, { value }) => {
      if (typeof value === 'bigint') state.sum += value;
    },
    queries: { total: ({ sum: total }) => total },
  });
  await initNode(dataDir, { nodeId: 'again' });
  const open = async (port: number) => {
    const engine = await openNode({ dataDir, projections: [sum] });
    const server = await serve(engine, { dataDir, http: { port } });
    const close = async (): Promise<void> => {
      await server.close();
      await engine.close();
    };
    return { url: new URL(server.url ?? ''), close };
  };
  const first = await open(0);
  const client = new HttpClient({ url: first.url });
  const { seq } = await client.put('a', 5n);
  const commits = client.changes({ from: seq });
  expect((await commits.next()).value?.seq).toBe(seq);
  expect(await client.query('sum', 'total')).toEqual({ value: 5n, seq });
  expect(await client.projections()).toMatchObject([{ name: 'sum', version: 1 }]);
  await expect(client.query('sum', 'nothing')).rejects.toMatchObject({
    code: 'projection_unknown',
  });
  await first.close();
  const [next, later] = [commits.next(), client.put('b', 7n)];
  const second = await open(Number(first.url.port));
  expect((await later).seq).toBe(seq + 1);
  expect((await next).value).toMatchObject({ seq: seq + 1, events: [{ key: 'b', value: 7n }] });
  expect(await client.query('sum', 'total')).toEqual({ value: 12n, seq: seq + 1 });
  await client.close();
  await second.close();
});

it('reads in pages, each of which can be gone on from', async () => {
  const { node, server } = await serveHttp(folder());
  const client = new HttpClient({ url: server.url ?? '' });
  for (let n = 0; n < 7; n++) await node.put(`a/${n}`, n % 2 === 0 ? new Date(n) : BigInt(n));
  const { seq } = await node.put('a/0', 'new');
  const keys: string[][] = [];
  for await (const { items } of client.entryPages({ prefix: 'a/', reverse: true }, { size: 3 })) {
    keys.push(items.map(([key]) => key));
  }
  expect(keys).toEqual([['a/6', 'a/5', 'a/4'], ['a/3', 'a/2', 'a/1'], ['a/0']]);
  const first = (await client.entryPages({}, { size: 2 }).next()).value;
  expect(first?.items).toEqual([
    ['a/0', 'new'],
    ['a/1', 1n],
  ]);
  const { cursor } = first ?? {};
  const second = (await client.entryPages({}, { size: 1, cursor }).next()).value;
  expect(second?.items).toEqual([['a/2', new Date(2)]]);
  const history: unknown[] = [];
  for await (const page of client.historyPages('a/0', { size: 1 })) {
    history.push(...page.items.map(({ value }) => value));
  }
  expect(history).toEqual(['new', new Date(0)]);
  const seqs: number[] = [];
  const commits = client.commitPages({ from: 1, prefix: 'a/0' }, { size: 1 });
  for await (const { items } of commits) seqs.push(...items.map((commit) => commit.seq));
  expect(seqs).toEqual([seq - 7, seq]);
  const wrong = client.entryPages({ prefix: 'b' }, { cursor }).next();
  await expect(wrong).rejects.toMatchObject({ code: 'invalid_argument' });
  await client.close();
});
