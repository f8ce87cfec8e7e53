/** What a read daemon answers, and how it refuses writes, is what the document says. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { followDirectory } from '../../src/client/directories.ts';
import { DirectoryWatch, serveNode } from '../../src/daemon/index.ts';
import { exchange } from './exchange.ts';
import { EXERCISES } from './exercises/index.ts';
import { codeOf, Ledger } from './ledger.ts';
import { type LiveNode, openLiveNode } from './live-node.ts';
import { objectOf } from './openapi-shape.ts';

let live: LiveNode;
let socket: string;
let ledger: Ledger;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  live = await openLiveNode();
  await live.node.put('k', 1, { commandId: 'taken' });
  const dataDir = live.folder();
  const watch = new DirectoryWatch(live.dataDir);
  const follower = await followDirectory({ dataDir }, live.dataDir, watch);
  ends.push(() => follower.close());
  const server = await serveNode(follower, { dataDir, onStop: () => {} });
  ends.unshift(() => server.close());
  socket = server.socket;
  const { seq } = await live.node.freshness();
  await vi.waitFor(async () => expect((await follower.freshness()).seq).toBe(seq), 30_000);
  const { text } = await exchange(socket, 'GET /openapi.json', {});
  ledger = new Ledger(objectOf(JSON.parse(text)));
}, 60_000);

afterAll(async () => {
  for (const end of ends) await end();
  await live.close();
});

it.each(Object.entries(EXERCISES))(
  '%s',
  async (route, { good, streamed, refused = {}, odd = [] }) => {
    for (const asked of [good, streamed, ...Object.values(refused), ...odd]) {
      const place = { head: 2, folder: live.folder() };
      const ask = typeof asked === 'function' ? asked(place) : asked;
      if (ask !== undefined) expect(ledger.check(await exchange(socket, route, ask))).toEqual([]);
    }
  },
);

it('takes no writes and shows what was written', async () => {
  const at = { query: 'key=k' };
  const put = await exchange(socket, 'PUT /v1/entry', { ...at, body: { value: 2 } });
  expect([put.status, codeOf(put.text)]).toEqual([403, 'read_only']);
  const got = await exchange(socket, 'GET /v1/entry', at);
  expect(JSON.parse(got.text)).toMatchObject({ key: 'k', value: 1 });
});
