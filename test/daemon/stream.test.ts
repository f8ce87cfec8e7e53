/** Commits as server-sent events: places, resuming, filters, heartbeats, ends, slow readers. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { testFolder } from '../support/folder.ts';
import { ask, serveNode, type ServedNode } from './served-node.ts';
import { readStream } from './stream-reader.ts';

const ID = /^[0-9]+\.[0-9a-f]{16}$/;

const served = (options: object = {}): Promise<ServedNode> =>
  serveNode(join(testFolder('stream'), 'd'), options);

async function putMany({ node }: ServedNode, count: number, from = 0): Promise<number> {
  const puts = Array.from({ length: count }, (_, index) => node.put(`k${from + index}`, index));
  return Math.max(...(await Promise.all(puts)).map(({ seq }) => seq));
}

test('begins with a place, tells every commit once, and goes on behind the last one', async () => {
  const node = await served();
  const first = await node.node.put('a', 1);
  const stream = await readStream(node, { query: `?from=${first.seq}` });
  expect(stream.response.headers['content-type']).toBe('text/event-stream');
  const fresh = await stream.next();
  expect(fresh).toMatchObject({ event: 'fresh', id: expect.stringMatching(ID) });
  expect(JSON.parse(fresh?.data ?? '')).toMatchObject({ seq: first.seq, lagCommits: 0 });
  const commit = await stream.next();
  expect(commit).toMatchObject({ event: 'commit', id: expect.stringMatching(ID) });
  expect(JSON.parse(commit?.data ?? '')).toMatchObject({ seq: first.seq, events: [{ key: 'a' }] });
  const last = await putMany(node, 20);
  for (let seq = first.seq + 1; seq <= last; seq++) expect(await stream.nextSeq()).toBe(seq);
  stream.leave();
  await putMany(node, 3);
  const again = await readStream(node, { id: commit?.id });
  for (let seq = first.seq + 1; seq <= last + 3; seq++) expect(await again.nextSeq()).toBe(seq);
});

test('a place of another log, of the future and of no form is refused before it begins', async () => {
  const node = await served();
  const { seq } = await node.node.put('a', 1);
  const asked = async (id: string): Promise<unknown[]> => {
    const answer = await ask(node, { path: '/v1/stream', headers: { 'last-event-id': id } });
    return [answer.status, answer.json['code']];
  };
  expect(await asked(`${seq}.0123456789abcdef`)).toEqual([410, 'reset']);
  expect(await asked(`${seq + 9}.0123456789abcdef`)).toEqual([410, 'reset']);
  expect(await asked('0.0123456789abcdef')).toEqual([410, 'reset']);
  for (const id of [`${seq}`, 'x', `${seq}.0123`, `${seq}.0123456789ABCDEF`, '']) {
    expect(await asked(id)).toEqual([400, 'invalid_argument']);
  }
  expect((await ask(node, { path: '/v1/stream?kind=all' })).status).toBe(400);
});

test('shows only what is asked for, and moves the place over what it leaves out', async () => {
  const node = await served({ limits: { heartbeatMs: 100 } });
  const { node: api } = node;
  const prefixed = await readStream(node, { query: '?from=0&prefix=b/&prefix=c/' });
  const removed = await readStream(node, { query: '?from=0&kind=remove' });
  const system = await readStream(node, { query: '?from=0&system=true' });
  expect((await system.next())?.event).toBe('fresh');
  expect(JSON.parse((await system.next())?.data ?? '')).toMatchObject({ seq: 1 });
  await api.put('a/1', 1);
  const { seq } = await api.put('b/1', 1);
  expect(await prefixed.nextSeq()).toBe(seq);
  const both = { op: 'put', args: { key: 'c/1', value: 1 } };
  const other = { op: 'put', args: { key: 'a/2', value: 1 } };
  const mixed = await api.commit({ operations: [both, other] });
  const event = await prefixed.next();
  expect(JSON.parse(event?.data ?? '')).toMatchObject({
    seq: mixed.seq,
    events: [{ key: 'c/1', kind: 'put' }],
  });
  const gone = await api.remove('a/1');
  expect(await removed.nextSeq()).toBe(gone.seq);
  // The heartbeat carries the place behind the commit that the filter hid.
  let place = '';
  while (!place.startsWith(`${gone.seq}.`)) place = (await prefixed.next())?.id ?? 'ended';
  const operations = await readStream(node, { query: '?from=0&operation=no-such' });
  for (let beats = 0; beats < 3; beats++) {
    expect((await operations.next())?.event).toBe('fresh');
  }
});

test('ends with `end` when the server stops, and leaves its place when the reader goes', async () => {
  const node = await served({ limits: { streamsMax: 1, requestsMax: 2 } });
  const first = await readStream(node);
  expect((await ask(node, { path: '/v1/stream' })).status).toBe(429);
  first.leave();
  await expect
    .poll(async () => {
      const stream = await readStream(node);
      if (stream.status !== 200) stream.leave();
      return stream.status;
    })
    .toBe(200);
  await node.server.close();
});

test('a stop is told, and so is a closed node', async () => {
  const node = await served();
  const stream = await readStream(node);
  expect((await stream.next())?.event).toBe('fresh');
  await node.server.close();
  expect((await stream.next())?.event).toBe('end');
  expect(await stream.next()).toBeUndefined();
});

test('only what the disk has is told, whatever the level of the write', async () => {
  const node = await served();
  const stream = await readStream(node);
  const { seq } = await node.node.put('a', 1, { durability: 'os' });
  expect(await stream.nextSeq()).toBe(seq);
  expect((await node.node.freshness()).logSeq).toBeGreaterThanOrEqual(seq);
});

test('a reader that takes nothing holds nobody up, and is cut off', async () => {
  const node = await served({ limits: { stallMs: 1_000, streamsMax: 2 } });
  const { seq } = await node.node.put('a', 1);
  const stuck = await readStream(node, { query: `?from=${seq}` });
  stuck.response.pause();
  const quick = await readStream(node, { query: `?from=${seq + 1}` });
  const value = 'x'.repeat(20_000);
  let last = seq;
  for (let round = 0; round < 30; round++) {
    const puts = Array.from({ length: 50 }, () => node.node.put('big', value));
    last = Math.max(...(await Promise.all(puts)).map((receipt) => receipt.seq));
    for (let at = last - 49; at <= last; at++) expect(await quick.nextSeq()).toBe(at);
  }
  // Its place is free once it is cut off.
  let third = await readStream(node);
  while (third.status === 429) {
    third.leave();
    await sleep(100);
    third = await readStream(node);
  }
  stuck.response.resume();
  while ((await stuck.next()) !== undefined);
  expect(stuck.response.complete).toBe(false);
}, 60_000);
