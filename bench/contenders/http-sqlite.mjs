// The peer of `http-commit`: our server over one `INSERT` into better-sqlite3 (WAL, FULL) a request.

import { withPeer } from '../lib/pair.mjs';
import { openWrites, probe } from './better-sqlite3.mjs';
import { serveWith } from './http-stub.mjs';

export { probe };

export const server = ({ dir }) =>
  serveWith(dir, async () => {
    const { put } = await openWrites(dir);
    return (key, value) => put(key, JSON.stringify(value));
  });

export function withServer(dir, job) {
  return withPeer({ module: 'http-sqlite', role: 'server', dir }, async (peer) =>
    job({ port: await peer.call('port') }),
  );
}
