// Adastra's daemons as users run them: `adastra serve` and `adastra read` of the build, each a
// process, over HTTP on loopback. The worker is their client; a reader follows the directory.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withDaemon } from '../lib/daemon.mjs';
import { freshnessOf, untilFresh, visibleLatencies } from '../lib/measure-http.mjs';
import { makeKeys, makeValues, valueAt } from '../lib/data.mjs';
import { withPeer } from '../lib/pair.mjs';
import { subscriberRole } from '../lib/subscribers.mjs';
import { entryPoint } from './adastra.mjs';
import { fill, probe } from './sync-adastra.mjs';

const KEYS = 10_000;

export { probe };

const places = (dir) => ({ writer: join(dir, 'writer'), reader: join(dir, 'reader') });

async function withClient(dataDir, job) {
  const { Client } = await import(pathToFileURL(entryPoint()).href);
  const client = await Client.open({ dataDir });
  const result = await job(client);
  await client.close();
  return result;
}

/** `adastra serve` of a new node. */
export async function withServer(dir, job) {
  const dataDir = places(dir).writer;
  await withClient(dataDir, () => {});
  return withWriter(dataDir, job);
}

const withWriter = (dataDir, job) => withDaemon(['serve', '--port', '0', '--data', dataDir], job);

/** `adastra read` of the writer's directory, with one of its own. */
export function withReader(dir, job) {
  const { writer, reader } = places(dir);
  return withDaemon(['read', '--http', '0', '--follow', writer, '--data', reader], job);
}

export const subscribers = () => subscriberRole();

export function withSubscribers(dir, job) {
  return withPeer({ module: 'http-adastra', role: 'subscribers', dir }, job);
}

export function latencies({ dir, mode, n, warm, pauseMs }) {
  return withServer(dir, (writer) =>
    withReader(dir, (reader) => visibleLatencies({ writer, reader, mode, n, warm, pauseMs })),
  );
}

/** n commits of one put that go round over 10,000 keys; gives the seq of the last. */
async function commitOver(client, n) {
  const keys = makeKeys(KEYS);
  const values = makeValues();
  const keyAt = (i) => keys[i % KEYS];
  await fill(client, { n, mode: 'each', keyAt, valueOf: (i) => valueAt(values, i) });
  return (await client.freshness()).seq;
}

/**
 * `behind`: a reader that stopped N commits ago. `log`: a writer with N commits, and no reader yet.
 */
export async function load(dir, fixture, _pairs, n) {
  const { writer } = places(dir);
  if (fixture === 'behind') {
    const seq = await withClient(writer, (client) => commitOver(client, KEYS));
    await withReader(dir, ({ port }) => untilFresh(port, seq));
  }
  await withClient(writer, (client) => commitOver(client, n));
}

/** Both daemons of a loaded directory: the writer first, then the reader. */
export function withLoadedPair(dir, job) {
  return withWriter(places(dir).writer, async (writer) => {
    const { seq } = await freshnessOf(writer.port);
    return withReader(dir, (reader) => job({ reader, seq }));
  });
}
