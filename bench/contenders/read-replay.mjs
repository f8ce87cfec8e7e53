// A log of N commits of one put, and what reads it in this process. Mode `replay`: a new follower, as
// `adastra read` opens it, until it has all of them. Mode `decode`, the floor: the same files through
// the same scanner, every commit's keys and values decoded, nothing kept. Mode `scan` (shown): without
// keys and values, which replay needs as bytes only.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtModule } from '../lib/daemon.mjs';
import { makeKeys, makeValues, valueAt } from '../lib/data.mjs';
import { entryPoint, removeCheckpoints } from './adastra.mjs';
import { fill, probe } from './sync-adastra.mjs';

export { probe };

const part = (path) => import(builtModule(path).href);
const writerIn = (dir) => join(dir, 'writer');

export async function load(dir, _fixture, _pairs, n) {
  const { Client } = await import(pathToFileURL(entryPoint()).href);
  const client = await Client.open({ dataDir: writerIn(dir) });
  const keys = makeKeys(n);
  const values = makeValues();
  const valueOf = (i) => valueAt(values, i);
  await fill(client, { n, mode: 'each', keyAt: (i) => keys[i], valueOf });
  await client.close();
  removeCheckpoints(writerIn(dir));
}

/** Seconds until the n commits were gone through. */
export function secondsOf(mode, dir, n) {
  return mode === 'replay' ? replay(dir, n) : decode(dir, n, mode === 'decode');
}

/** Nobody tells: what the log marks as durable is all that there is. */
const SILENT = { start() {}, close() {} };

async function replay(dir, n) {
  const { followDirectory } = await part('./directories.js');
  const start = performance.now();
  const node = await followDirectory({ dataDir: join(dir, 'reader') }, writerIn(dir), SILENT);
  await node.waitForSeq(n + 1, { timeoutMs: 280_000 });
  const seconds = (performance.now() - start) / 1_000;
  if ((await node.count()) !== n) throw new Error(`${await node.count()} keys of ${n}`);
  await node.close();
  return seconds;
}

async function decode(dir, n, withData) {
  const { nodeEnv } = await part('../env/node/node-env.js');
  const { openFollower } = await part('../wal/index.js');
  const { BundleReader, decodeValue, readUtf8 } = await part('../core/index.js');
  const { VALUE_CODEC_MASK } = await part('../core/bundle-format.js');
  const { bundleRecord } = await part('../store/transactions/bundle-record.js');
  const { LocalPartReader } = await part('../store/transactions/local-part.js');
  const reader = new BundleReader();
  const local = new LocalPartReader();
  const start = performance.now();
  const follower = openFollower(nodeEnv(), writerIn(dir), { pollBytes: 1_048_576 });
  let puts = 0;
  let characters = 0;
  for (;;) {
    const polled = follower.poll();
    if (polled.kind !== 'batches') throw new Error(JSON.stringify(polled));
    if (polled.batches.length === 0) break;
    for (const { records } of polled.batches) for (const record of records) read(record);
  }
  const seconds = (performance.now() - start) / 1_000;
  if (withData && characters === 0) throw new Error('nothing was decoded');
  if (puts < n) throw new Error(`${puts} puts of ${n}`);
  return seconds;

  function read(record) {
    const bundle = bundleRecord(record);
    if (bundle === undefined) return;
    const { source } = bundle;
    reader.open(source, bundle.authoredStart, bundle.authoredEnd);
    local.open(source, bundle.authoredEnd, bundle.localEnd);
    while (reader.nextCommit()) {
      local.nextCommit();
      while (reader.nextEvent()) {
        local.nextLink();
        local.nextEffect();
        if (withData) decodeEvent(source);
        puts += 1;
      }
    }
    local.finish();
  }

  function decodeEvent(source) {
    const { keyStart, keyEnd, valueHead, valueStart, valueEnd } = reader;
    characters += readUtf8(source, keyStart, keyEnd).length;
    decodeValue(valueHead & VALUE_CODEC_MASK, source, valueStart, valueEnd, false);
  }
}
