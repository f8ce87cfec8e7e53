/**
 * The local socket of one open node: HTTP/1.1 with `NodeApi` under `/v1`, for programs of the same
 * user on the same machine. The socket is 0600 and that is all there is of authentication. Only the
 * holder of the directory's lock may open a server: that is what makes a socket found there a stale
 * one. Slow, silent and greedy clients are bounded; closing ends live streams, waits for answers
 * for a moment, and removes socket and `node.json`.
 */
import { getRequestListener } from '@hono/node-server';
import { setMaxListeners } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { dirname } from 'node:path';
import process from 'node:process';
import { AdastraError } from '../core/index.ts';
import type { Logger } from '../engine/index.ts';
import { Admission, type AdmissionLimits, DEFAULT_ADMISSION } from './admission.ts';
import { makeApp } from './app.ts';
import { LOCAL_CALLER } from './caller.ts';
import { directoryIdentity, type NodeFile, removeNodeFile, writeNodeFile } from './node-file.ts';
import { RequestMeter } from './request-meter.ts';
import { closeServer, GRACE_MS } from './server-close.ts';
import type { ServedNode } from './serving.ts';
import { makeSocketDirectory, socketPaths } from './socket-path.ts';

const HEADER_BYTES_MAX = 32 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 30_000;
const STALL_MS = 300_000;
/** These say that this place has no sockets; others may. */
const PLACE_FAULTS: ReadonlySet<string> = new Set(['EOPNOTSUPP', 'ENOTSUP', 'EPERM', 'EROFS']);

export interface SocketServerOptions {
  readonly dataDir: string;
  /** Called when a client asks the process to stop; without it that is refused. */
  readonly onStop?: () => void;
  readonly logger?: Logger;
  /** For tests. */
  readonly limits?: Partial<AdmissionLimits>;
  /** For tests: how long a reader may take nothing. */
  readonly stallMs?: number;
  /** How long what was admitted may take once the server closes, in ms; default 10,000. */
  readonly graceMs?: number;
  /** Shared with other servers of this process. */
  readonly meter?: RequestMeter;
}

/** A server that runs. */
export interface SocketServer {
  readonly socket: string;
  /** Says where other nodes reach this one, in `node.json`. */
  announce(address: string | undefined): void;
  /** Idempotent. Call it before the node is closed and its lock released. */
  close(): Promise<void>;
}

/** Serves an open node. The caller must hold the lock of `dataDir`. */
export async function openSocketServer(
  node: ServedNode,
  options: SocketServerOptions,
): Promise<SocketServer> {
  const { nodeId, fingerprint, worldId, version, startedAtMs } = await node.nodeInfo();
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  let facts: NodeFile = {
    pid: process.pid,
    socket: '',
    startedAtMs,
    directory: directoryIdentity(options.dataDir),
    nodeId,
    fingerprint,
    worldId,
    version,
  };
  const admission = new Admission({ ...DEFAULT_ADMISSION, ...options.limits });
  const meter = options.meter ?? new RequestMeter();
  const app = makeApp({
    node,
    admission,
    stopping: stopping.signal,
    stallMs: options.stallMs ?? STALL_MS,
    logger: options.logger,
    callerOf: () => LOCAL_CALLER,
    meter,
    facts: () => facts,
    stop: options.onStop,
  });
  const server = makeServer(app.fetch, admission);
  const socket = await listenSomewhere(server, options.dataDir);
  const leave = metered(server, admission, meter);
  const announce = (address: string | undefined): void => {
    const { address: _old, ...rest } = facts;
    facts = { ...rest, socket, ...(address === undefined ? {} : { address }) };
    writeNodeFile(options.dataDir, facts);
  };
  const close = async (): Promise<void> => {
    stopping.abort();
    leave();
    const isWhole = await closeServer(server, admission, options.graceMs ?? GRACE_MS);
    if (!isWhole) options.logger?.warn('requests that took too long were cut off');
    removeNodeFile(options.dataDir, facts);
  };
  try {
    announce(undefined);
  } catch (error) {
    await close();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return { socket, announce, close: () => (closing ??= close()) };
}

type Fetch = Parameters<typeof getRequestListener>[0];

function makeServer(fetch: Fetch, { limits }: Admission): Server {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: HEADERS_TIMEOUT_MS,
    },
    (incoming, outgoing) => void listener(incoming, outgoing),
  );
  // Twice the requests: idle connections are kept open between two of them.
  server.maxConnections = limits.requestsMax * 2;
  return server;
}

/** What it has in hand is told with the metrics until the returned function is called. */
function metered(server: Server, admission: Admission, meter: RequestMeter): () => void {
  const open = new Set<object>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return meter.serve({
    name: 'socket',
    read: () => {
      const { requests, streams, bodyBytes } = admission;
      return { connections: open.size, requests, streams, bodyBytes };
    },
  });
}

async function listenSomewhere(server: Server, dataDir: string): Promise<string> {
  let failure: unknown;
  for (const path of socketPaths(dataDir)) {
    try {
      const directory = dirname(path);
      if (directory !== dataDir && process.platform !== 'win32') makeSocketDirectory(directory);
      await listen(server, path);
      return path;
    } catch (error) {
      failure = error;
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!PLACE_FAULTS.has(code) && !AdastraError.is(error)) break;
    }
  }
  if (AdastraError.is(failure)) throw failure;
  const reason = failure instanceof Error ? failure.message : 'no path is short enough';
  throw new AdastraError('io_error', `the local socket cannot be opened: ${reason}`, {
    cause: failure,
  });
}

async function listen(server: Server, path: string): Promise<void> {
  try {
    await listenOnce(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    // We hold the lock: whoever made this one is dead.
    rmSync(path, { force: true });
    await listenOnce(server, path);
  }
  if (process.platform !== 'win32') chmodSync(path, 0o600);
}

function listenOnce(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The socket is made inside `listen`: nobody else sees it with another mode.
    withoutOthers(() =>
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      }),
    );
  });
}

function withoutOthers(run: () => void): void {
  let before: number | undefined;
  try {
    before = process.umask(0o177);
  } catch {
    // A worker thread may not set it; the mode is set behind it then.
  }
  try {
    run();
  } finally {
    if (before !== undefined) process.umask(before);
  }
}
