// Adastra, through its public SDK as built in dist/ (or in $ADASTRA_DIST).
// Writes: mode is the durability level. Reads: a directory with a checkpoint, or with the log alone.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TRANSACTION_PUTS = 1_000;

/** The built entry point of the package. */
export function entryPoint() {
  return process.env['ADASTRA_DIST'] ?? join(ROOT, 'dist/client/index.js');
}

async function openClient(options) {
  const { Client } = await import(pathToFileURL(entryPoint()).href);
  return Client.open(options);
}

export async function probe() {
  const { Client } = await import(pathToFileURL(entryPoint()).href);
  if (typeof Client?.open !== 'function') throw new Error('the build exports no Client.open');
}

export async function openWrites(dir, mode) {
  const client = await openClient({ dataDir: dir, durability: mode });
  return {
    put: (key, value) => client.put(key, value),
    transact: (keys, values) =>
      client.transact((tx) => {
        for (let i = 0; i < keys.length; i += 1) tx.put(keys[i], values[i]);
      }),
    // How many puts may be started before the oldest is awaited, in the `os` row.
    window: Number(process.env['ADASTRA_WINDOW'] ?? 1_000),
    has: (key) => client.get(key) !== undefined,
    close: () => client.close(),
  };
}

/** Fills a directory. Mode `checkpoint` ends with a checkpoint; mode `log` has none. */
export async function load(dir, mode, pairs) {
  const client = await openClient({ dataDir: dir, durability: 'os' });
  let keys = [];
  let values = [];
  const commit = () =>
    client.transact((tx) => {
      for (let i = 0; i < keys.length; i += 1) tx.put(keys[i], values[i]);
    });
  for (const [key, value] of pairs) {
    keys.push(key);
    values.push(value);
    if (keys.length < TRANSACTION_PUTS) continue;
    await commit();
    keys = [];
    values = [];
  }
  if (keys.length > 0) await commit();
  if (mode === 'checkpoint') await client.checkpoint();
  await client.close();
  if (mode === 'log') removeCheckpoints(dir);
}

/** Takes the checkpoints away that a background task may have written while loading. */
export function removeCheckpoints(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (!/checkpoint/i.test(entry.name) || !existsSync(path)) continue;
    if (entry.isFile()) rmSync(path);
    else if (entry.isDirectory()) for (const f of readdirSync(path)) rmSync(join(path, f));
  }
}

export async function openReads(dir) {
  const client = await openClient({ dataDir: dir });
  return {
    get: (key) => client.get(key),
    scan(prefix) {
      let sum = 0;
      let count = 0;
      for (const [, record] of client.list({ prefix })) {
        sum += record.qty;
        count += 1;
      }
      return { sum, count };
    },
    checkpoint: () => client.checkpoint(),
    close: () => client.close(),
  };
}
