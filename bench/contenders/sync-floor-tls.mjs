// Floor of `sync-latency`: one TLS round trip and two fdatasyncs. This process appends 200 bytes to a
// file, flushes it, sends them; the other appends them to its own, flushes, answers with 200 bytes.
// TLS 1.3 on both sides with certificates as our nodes make them; no delay on the socket.

import { fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect, createServer } from 'node:tls';
import { withPeer, sleep } from '../lib/pair.mjs';
import { entryPoint } from './adastra.mjs';

const MESSAGE_BYTES = 200;

/** A P-256 certificate of a fresh Ed25519 identity, as the nodes use. */
async function settings() {
  const part = (path) => import(new URL(path, pathToFileURL(entryPoint())).href);
  const { nodeEnv } = await part('../env/node/node-env.js');
  const { makeCertificate } = await part('../env/node/node-certificate.js');
  const { crypto, random } = nodeEnv();
  const privateSeed = random.bytes(32);
  const identity = { privateSeed, publicKey: crypto.ed25519PublicKey(privateSeed) };
  return {
    ...makeCertificate(crypto, identity),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    rejectUnauthorized: false,
  };
}

export async function probe() {
  await settings();
}

function appender(dir, name) {
  mkdirSync(dir, { recursive: true });
  const file = openSync(join(dir, name), 'w');
  return (bytes) => {
    writeSync(file, bytes);
    fdatasyncSync(file);
  };
}

/** Calls `take` for each whole message. */
function onMessages(socket, take) {
  let parts = [];
  let length = 0;
  socket.on('data', (chunk) => {
    parts.push(chunk);
    length += chunk.length;
    while (length >= MESSAGE_BYTES) {
      const all = Buffer.concat(parts);
      parts = [all.subarray(MESSAGE_BYTES)];
      length -= MESSAGE_BYTES;
      take(all.subarray(0, MESSAGE_BYTES));
    }
  });
}

export async function answerer({ dir }) {
  const append = appender(dir, 'there');
  const server = createServer({ ...(await settings()), requestCert: true }, (socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    onMessages(socket, (message) => {
      append(message);
      socket.write(message);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: () => server.address().port };
}

export function latencies({ dir, n, warm, pauseMs }) {
  return withPeer({ module: 'sync-floor-tls', role: 'answerer', dir }, async (peer) => {
    const append = appender(dir, 'here');
    const port = await peer.call('port');
    const socket = connect({ ...(await settings()), port, host: '127.0.0.1' });
    await new Promise((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    socket.setNoDelay(true);
    let answered = () => {};
    onMessages(socket, () => answered());
    const message = Buffer.alloc(MESSAGE_BYTES, 7);
    const took = [];
    for (let i = 0; i < warm + n; i += 1) {
      const start = process.hrtime.bigint();
      const answer = new Promise((resolve) => {
        answered = () => resolve(process.hrtime.bigint());
      });
      append(message);
      socket.write(message);
      const ms = Number((await answer) - start) / 1e6;
      if (i >= warm) took.push(ms);
      await sleep(pauseMs);
    }
    socket.destroy();
    return took;
  });
}
