/**
 * The local socket of one open node: HTTP/1.1 with `NodeApi` under `/v1`, for programs of the same
 * user on the same machine. The socket is 0600 and that is all there is of authentication. Only the
 * holder of the directory's lock may open a server: that is what makes a socket found there a stale
 * one. Slow, silent and greedy clients are bounded.
 */
import { chmodSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';
import process from 'node:process';
import { AdastraError } from '../core/index.ts';
import { Admission } from './admission.ts';
import { makeApp } from './app.ts';
import { LOCAL_CALLER } from './caller.ts';
import { type HttpLimits, httpLimits, SOCKET_LIMITS } from './http-limits.ts';
import { makeHttpServer } from './http-server.ts';
import { closeServer } from './server-close.ts';
import { tellLoad } from './server-load.ts';
import type { ServedProcess } from './serving.ts';
import { makeSocketDirectory, socketPaths } from './socket-path.ts';

/** These say that this place has no sockets; others may. */
const PLACE_FAULTS: ReadonlySet<string> = new Set(['EOPNOTSUPP', 'ENOTSUP', 'EPERM', 'EROFS']);

export interface SocketOptions {
  readonly dataDir: string;
  readonly limits: Partial<HttpLimits> | undefined;
  /** A client asks the process to stop. */
  readonly onStop: (() => void) | undefined;
}

/** A socket that listens. */
export interface SocketServer {
  readonly socket: string;
  close(): Promise<void>;
}

/** Serves the programs of this user. The caller must hold the lock of `dataDir`. */
export async function openSocketServer(
  served: ServedProcess,
  { dataDir, limits: asked, onStop }: SocketOptions,
): Promise<SocketServer> {
  const limits = httpLimits(SOCKET_LIMITS, asked);
  const admission = new Admission(limits);
  const app = makeApp({
    ...served,
    admission,
    stallMs: limits.stallMs,
    heartbeatMs: limits.heartbeatMs,
    callerOf: () => LOCAL_CALLER,
    stop: onStop,
  });
  const server = makeHttpServer({ fetch: app.fetch, limits });
  server.maxConnections = limits.connectionsMax;
  const socket = await listenSomewhere(server, dataDir);
  const leave = tellLoad({ name: 'socket', server, admission, meter: served.meter });
  const close = async (): Promise<void> => {
    leave();
    await closeServer(server, admission, served.logger);
  };
  return { socket, close };
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
