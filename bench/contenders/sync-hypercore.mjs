// Hypercore replication (11: storage in RocksDB, encryption by sodium, both native) over one TCP
// connection: one block a key, key and value in it, appended 1,000 at a time. The receiver asks for
// the whole range and has it in its own storage at the end; what it flushes is left at its default.

import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { makeKeys, makeValues, valueAt } from '../lib/data.mjs';
import { withPeer } from '../lib/pair.mjs';

const APPEND = 1_000;
const require = createRequire(import.meta.url);
const hypercore = () => require('hypercore');

export async function probe() {
  hypercore();
}

export async function sender({ dir, n }) {
  const Hypercore = hypercore();
  const core = new Hypercore(dir);
  await core.ready();
  const keys = makeKeys(n);
  const values = makeValues();
  for (let from = 0; from < n; from += APPEND) {
    const blocks = [];
    for (let i = from; i < Math.min(n, from + APPEND); i += 1) {
      blocks.push(Buffer.concat([Buffer.from(keys[i], 'latin1'), valueAt(values, i)]));
    }
    await core.append(blocks);
  }
  const server = createServer((socket) => {
    const stream = core.replicate(false);
    socket.on('error', () => {});
    stream.on('error', () => {});
    socket.pipe(stream).pipe(socket);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: () => server.address().port, key: () => core.key.toString('hex') };
}

export function transfer({ dir, n }) {
  const job = { module: 'sync-hypercore', role: 'sender', dir: join(dir, 'there'), n };
  return withPeer(job, async (peer) => {
    const Hypercore = hypercore();
    const [port, key] = [await peer.call('port'), await peer.call('key')];
    const core = new Hypercore(join(dir, 'here'), Buffer.from(key, 'hex'));
    await core.ready();
    const start = performance.now();
    const socket = connect({ port, host: '127.0.0.1' });
    const stream = core.replicate(true);
    socket.on('error', () => {});
    stream.on('error', () => {});
    socket.pipe(stream).pipe(socket);
    await core.download({ start: 0, end: n }).done();
    const seconds = (performance.now() - start) / 1_000;
    if (core.contiguousLength !== n) throw new Error(`${core.contiguousLength} blocks of ${n}`);
    const bytes = socket.bytesRead + socket.bytesWritten;
    socket.destroy();
    return { seconds, bytes };
  });
}
