// Floor of `read-visible`: a message of 100 bytes over a WebSocket on loopback and back, the other
// end in a process of its own.

import { sleep, withPeer } from '../lib/pair.mjs';

const MESSAGE_BYTES = 100;

export async function probe() {
  await import('ws');
}

/** The peer process: sends back what comes. */
export async function echo() {
  const { WebSocketServer } = await import('ws');
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  server.on('connection', (socket) => socket.on('message', (bytes) => socket.send(bytes)));
  await new Promise((resolve) => server.once('listening', resolve));
  return { port: () => server.address().port };
}

/** What each of n round trips took, in ms. */
export function latencies({ dir, n, warm, pauseMs }) {
  return withPeer({ module: 'ws-echo', role: 'echo', dir }, async (peer) => {
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(`ws://127.0.0.1:${await peer.call('port')}`);
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    const message = Buffer.alloc(MESSAGE_BYTES, 7);
    const took = [];
    for (let i = 0; i < warm + n; i += 1) {
      const start = process.hrtime.bigint();
      const answer = new Promise((resolve) => {
        socket.once('message', () => resolve(process.hrtime.bigint()));
      });
      socket.send(message);
      const ms = Number((await answer) - start) / 1e6;
      if (i >= warm) took.push(ms);
      await sleep(pauseMs);
    }
    socket.terminate();
    return took;
  });
}
