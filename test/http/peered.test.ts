/** What a node with a peer and a conflict answers is what the document says of it. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { joinWorld, openNode } from '../../src/client/directories.ts';
import type { Engine } from '../../src/engine/index.ts';
import { collect } from '../support/collect.ts';
import { exchange } from './exchange.ts';
import type { Ask } from './exercise.ts';
import { EXERCISES } from './exercises/index.ts';
import { Ledger } from './ledger.ts';
import { type LiveNode, openLiveNode } from './live-node.ts';
import { objectOf } from './openapi-shape.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const LONG = { timeout: 60_000, interval: 20 };

let live: LiveNode;
let peer: Engine;
let ledger: Ledger;

beforeAll(async () => {
  live = await openLiveNode();
  await live.node.startTransport(LOOPBACK);
  const { code } = await live.node.invite();
  const dataDir = join(live.folder(), 'other');
  await joinWorld(dataDir, code, { nodeId: 'other' });
  peer = await openNode({ dataDir, transport: LOOPBACK });
  await untilLinked(true);
  // It takes writes once it holds the world.
  await vi.waitFor(() => peer.put('mine', 0), LONG);
  await live.node.disconnect('other');
  await untilLinked(false);
  await live.node.put('both', 'here');
  await peer.put('both', 'there');
  await live.node.connect('other');
  await vi.waitFor(async () => expect(await collect(live.node.conflicts())).toHaveLength(1), LONG);
  ledger = new Ledger(objectOf(JSON.parse((await send('GET /openapi.json', {})).text)));
}, 120_000);

afterAll(async () => {
  await peer.close();
  await live.close();
});

async function untilLinked(isLinked: boolean): Promise<void> {
  await vi.waitFor(async () => {
    const [other] = await live.node.peers();
    expect(other?.state === 'connected').toBe(isLinked);
  }, LONG);
}

const send = (route: string, ask: Ask) => exchange(live.socket, route, ask);

const READS = Object.entries(EXERCISES).filter(
  ([route, { good }]) => route.startsWith('GET ') && typeof good !== 'function',
);

it.each(READS)('%s', async (route, { good }) => {
  expect(ledger.check(await send(route, good as Ask))).toEqual([]);
});

it('shows the peer, the conflict, and its end', async () => {
  const peers = await send('GET /v1/peers', {});
  expect(peers.text).toContain('"nodeId":"other"');
  const at = { query: 'key=both' };
  const conflict = await send('GET /v1/conflict', at);
  expect(JSON.parse(conflict.text)).toMatchObject({ siblings: [{ kind: 'put' }, { kind: 'put' }] });
  const resolved = await send('POST /v1/conflict/resolve', { ...at, body: { value: 'decided' } });
  const journal = await send('GET /v1/journal', {});
  expect(journal.text).toContain('"key":"both"');
  const receipt = JSON.parse(resolved.text) as object;
  const body = { receipt, by: 'all', timeoutMs: 20_000 };
  const acknowledged = await send('POST /v1/sync/acknowledged', { body });
  const why = await send('GET /v1/sync/why', { query: 'subject=both' });
  for (const answer of [peers, conflict, resolved, journal, acknowledged, why]) {
    expect(answer.status, answer.text).toBe(200);
    expect(ledger.check(answer)).toEqual([]);
  }
});
