// Yjs over `ws`: the sender has one Y.Map with all keys (its own transaction a put) and answers a
// connection with encodeStateAsUpdate; the receiver applies it. No TLS and no disk on either side,
// which flatters it. The clock runs from before the connection until the receiver has every key.

import { makeKeys, makeValues, valueAt } from '../lib/data.mjs';
import { withPeer } from '../lib/pair.mjs';

export async function probe() {
  await import('yjs');
  await import('ws');
}

export async function sender({ n }) {
  const Y = await import('yjs');
  const { WebSocketServer } = await import('ws');
  const keys = makeKeys(n);
  const values = makeValues();
  const doc = new Y.Doc();
  const map = doc.getMap('kv');
  for (let i = 0; i < n; i += 1) map.set(keys[i], valueAt(values, i));
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (socket) => socket.send(Y.encodeStateAsUpdate(doc)));
  return { port: () => server.address().port };
}

export function transfer({ n }) {
  return withPeer({ module: 'sync-yjs', role: 'sender', n }, async (peer) => {
    const Y = await import('yjs');
    const { WebSocket } = await import('ws');
    const port = await peer.call('port');
    const doc = new Y.Doc();
    const map = doc.getMap('kv');
    const start = performance.now();
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, {
      perMessageDeflate: false,
      maxPayload: 2 ** 30,
    });
    const update = await new Promise((resolve, reject) => {
      socket.once('message', resolve);
      socket.once('error', reject);
    });
    Y.applyUpdate(doc, new Uint8Array(update.buffer, update.byteOffset, update.length));
    const count = map.size;
    const seconds = (performance.now() - start) / 1_000;
    if (count !== n) throw new Error(`${count} keys of ${n} came`);
    const bytes = update.length;
    socket.terminate();
    return { seconds, bytes };
  });
}
