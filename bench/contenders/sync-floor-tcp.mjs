// Floor of `sync-100k`: the same keys and values, length before each, over one bare TCP connection
// between two processes. The sender has them in one buffer and writes all of it; the receiver writes
// what comes to a file, with an fdatasync for each 4 MiB and at the end. No TLS, no check, no index.
// Mode `map` (shown): the receiver also keeps a Map of keys and values, as a store would.

import { closeSync, fdatasync, mkdirSync, openSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeKeys, makeValues, valueAt } from '../lib/data.mjs';
import { withPeer } from '../lib/pair.mjs';

const SYNC_BYTES = 4 * 1_024 * 1_024;
const flush = promisify(fdatasync);

export async function probe() {}

function framed(n) {
  const keys = makeKeys(n);
  const values = makeValues();
  const parts = [];
  for (let i = 0; i < n; i += 1) {
    const value = valueAt(values, i);
    const head = Buffer.alloc(4 + keys[i].length);
    head.writeUInt16LE(keys[i].length, 0);
    head.writeUInt16LE(value.length, 2);
    head.latin1Write(keys[i], 4);
    parts.push(head, value);
  }
  return Buffer.concat(parts);
}

/** The peer process: sends everything to whoever connects. */
export async function sender({ n }) {
  const bytes = framed(n);
  const server = createServer((socket) => socket.end(bytes));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: () => server.address().port, length: () => bytes.length };
}

/** What has come, record by record, as a Map. */
function mapReader() {
  const map = new Map();
  let rest = Buffer.alloc(0);
  return {
    map,
    take(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      for (;;) {
        if (at + 4 > bytes.length) break;
        const keyEnd = at + 4 + bytes.readUInt16LE(at);
        const end = keyEnd + bytes.readUInt16LE(at + 2);
        if (end > bytes.length) break;
        map.set(bytes.latin1Slice(at + 4, keyEnd), bytes.subarray(keyEnd, end));
        at = end;
      }
      rest = bytes.subarray(at);
    },
  };
}

export function transfer({ dir, n, mode }) {
  mkdirSync(dir, { recursive: true });
  return withPeer({ module: 'sync-floor-tcp', role: 'sender', n }, async (peer) => {
    const port = await peer.call('port');
    const length = await peer.call('length');
    const file = openSync(join(dir, 'received'), 'w');
    const reader = mode === 'map' ? mapReader() : undefined;
    const start = performance.now();
    const socket = connect({ port, host: '127.0.0.1' });
    let received = 0;
    let unsynced = 0;
    for await (const chunk of socket) {
      writeSync(file, chunk);
      reader?.take(chunk);
      received += chunk.length;
      unsynced += chunk.length;
      if (unsynced < SYNC_BYTES) continue;
      unsynced = 0;
      await flush(file);
    }
    await flush(file);
    const seconds = (performance.now() - start) / 1_000;
    if (received !== length) throw new Error(`${received} bytes of ${length} came`);
    if (reader !== undefined && reader.map.size !== n) throw new Error('records are missing');
    closeSync(file);
    return { seconds, bytes: received };
  });
}
