/**
 * A real node behind real servers for the conformance run: its socket, and servers that are full,
 * stopping or faulty. What the node gives can be planted: the answers of a peer half that has seen
 * the world, or an error with which every call fails.
 */
import { getRequestListener } from '@hono/node-server';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openNode } from '../../src/client/directories.ts';
import { defineOperation, defineProjection, initNode } from '../../src/client/index.ts';
import type { Place } from './exchange.ts';
import { AdastraError, type ErrorCode } from '../../src/core/index.ts';
import { Admission, DEFAULT_ADMISSION } from '../../src/daemon/admission.ts';
import { Audit } from '../../src/daemon/audit.ts';
import { makeApp } from '../../src/daemon/app.ts';
import { LOCAL_CALLER } from '../../src/daemon/caller.ts';
import { type ServedNode, serveNode } from '../../src/daemon/index.ts';
import { RequestMeter } from '../../src/daemon/request-meter.ts';
import type { Serving } from '../../src/daemon/serving.ts';
import type { DurableCommits, LogPlace, NodeApi } from '../../src/engine/index.ts';

/** Asked by the server itself, for every request. */
const NEVER_FAILS: ReadonlySet<PropertyKey> = new Set(['freshness', 'waitForSeq', 'nodeInfo']);

const SELL = defineOperation({
  name: 'test/sell',
  version: 1,
  args: z.number(),
  handler: (tx, count) => {
    if (count === 13) throw new Error('nobody buys thirteen');
    tx.put('sold', count);
  },
});

const SUM = defineProjection({
  name: 'sum',
  version: 1,
  prefix: 'sum/',
  initial: () => ({ total: 0 }),
  apply: (state, { value }) => {
    if (typeof value !== 'number') throw new Error('no number');
    state.total += value;
  },
  queries: { total: ({ total }) => total, faulty: () => fault() },
});

function fault(): never {
  throw new Error('planted');
}

/** What is answered instead of what the node says. */
export interface Planted {
  answers: Partial<NodeApi>;
  error: ErrorCode | undefined;
}

export interface LiveNode {
  /** As it is, without what is planted. */
  readonly node: ServedNode;
  readonly planted: Planted;
  readonly dataDir: string;
  readonly socket: string;
  /** The same over TCP, with a token of an admin. */
  readonly http: Exclude<Place, string>;
  /** The same with tokens that may less: one reads, one is for a few keys. */
  readonly lesser: readonly Exclude<Place, string>[];
  /** A directory name that nobody has. */
  folder(): string;
  /** The same without a part that some nodes do not have. */
  without(name: keyof NodeApi): ServedNode;
  /** A server of the same node that is otherwise; its socket. */
  serve(otherwise: Partial<Serving>): Promise<string>;
  close(): Promise<void>;
}

/** Opens a new node and serves it. */
export async function openLiveNode(): Promise<LiveNode> {
  const root = mkdtempSync(join(tmpdir(), 'adastra-live-'));
  const dataDir = join(root, 'd');
  await initNode(dataDir, { nodeId: 'served' });
  const node = await openNode({ dataDir, operations: [SELL], projections: [SUM] });
  const planted: Planted = { answers: {}, error: undefined };
  const shown = overlaid(node, planted);
  const server = await serveNode(shown, { dataDir, onStop: () => {}, http: {} });
  const { token } = await node.createToken({ role: 'admin' });
  const reader = await node.createToken({ role: 'read' });
  const scoped = await node.createToken({ role: 'write', prefixes: ['a'] });
  const url = server.url ?? '';
  const ends: (() => Promise<void>)[] = [() => server.close()];
  let names = 0;
  return {
    node,
    planted,
    dataDir,
    socket: server.socket,
    http: { url, token },
    lesser: [reader, scoped].map((each) => ({ url, token: each.token })),
    without: (name) => overlaid(shown, { answers: { [name]: undefined }, error: undefined }),
    folder: () => join(root, `new-${(names += 1)}`),
    serve: async (otherwise) => {
      const socket = join(root, `other-${(names += 1)}.sock`);
      ends.push(await listen(makeServing(shown, otherwise), socket));
      return socket;
    },
    close: async () => {
      for (const end of ends) await end();
      await node.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function overlaid(node: ServedNode, planted: Planted): ServedNode {
  const durable = brittle(node.durable, planted);
  return new Proxy(node, {
    get: (_node, name) => {
      const { answers, error } = planted;
      if (error !== undefined && name === 'notReady') {
        return () => ({ code: error, reason: 'planted' });
      }
      if (name === 'durable') return durable;
      if (error !== undefined && !NEVER_FAILS.has(name)) return () => failed(error);
      if (name in answers) return (answers as Record<PropertyKey, unknown>)[name];
      const own = (node as unknown as Record<PropertyKey, unknown>)[name];
      return typeof own === 'function' ? (own.bind(node) as unknown) : own;
    },
  });
}

/** A log that breaks off while it is read, and that has let go what follows this one place. */
function brittle(durable: DurableCommits, planted: Planted): DurableCommits {
  const own = {
    *read(fromSeq: number) {
      if (planted.error !== undefined) throw new AdastraError(planted.error, 'planted');
      yield* durable.read(fromSeq);
    },
    checkPlace(place: LogPlace) {
      if (place.digest.every((byte) => byte === 0xff)) {
        throw new AdastraError('history_truncated', 'planted');
      }
      durable.checkPlace(place);
    },
  };
  return new Proxy(durable, {
    get: (_durable, name) => {
      if (name in own) return own[name as keyof typeof own];
      const found = durable[name as keyof DurableCommits];
      return typeof found === 'function' ? (found.bind(durable) as unknown) : found;
    },
  });
}

/** A promise that rejects and a stream that breaks off, for whoever wants which. */
function failed(code: ErrorCode): object {
  const error = new AdastraError(code, 'planted');
  const promise = Promise.reject(error);
  promise.catch(() => {});
  const stream = { next: () => Promise.reject(error) };
  return Object.assign(promise, { [Symbol.asyncIterator]: () => stream });
}

/** What the application of a node is made with. */
export function makeServing(node: ServedNode, otherwise: Partial<Serving> = {}): Serving {
  const meter = new RequestMeter();
  return {
    node,
    audit: new Audit(undefined, meter),
    admission: new Admission(DEFAULT_ADMISSION),
    stopping: new AbortController().signal,
    stallMs: 1000,
    heartbeatMs: 15_000,
    logger: undefined,
    meter,
    callerOf: () => LOCAL_CALLER,
    facts: () => {
      throw new Error('nobody asks');
    },
    stop: undefined,
    ...otherwise,
  };
}

/** Listens on a socket; the function ends it. */
async function listen(serving: Serving, socket: string): Promise<() => Promise<void>> {
  const listener = getRequestListener(makeApp(serving).fetch, { overrideGlobalObjects: false });
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}
