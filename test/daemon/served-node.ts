/**
 * A node of a directory of its own, served on a real socket in this process; and raw requests to it.
 */
import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type RequestOptions,
} from 'node:http';
import { onTestFinished } from 'vitest';
import { openNode } from '../../src/client/directories.ts';
import { initNode, type NodeOptions } from '../../src/client/index.ts';
import {
  attachTo,
  type AttachedNode,
  type HttpOptions,
  type NodeServer,
  type ServedNode as NodeToServe,
  serveNode as serve,
  type ServeOptions,
} from '../../src/daemon/index.ts';

export interface ServedNode {
  readonly dataDir: string;
  /** What is served. */
  readonly node: NodeToServe;
  /** The same without anything replaced. */
  readonly engine: NodeToServe;
  readonly server: NodeServer;
}

/** Makes and serves a node; closed when the test ends. */
export async function serveNode(
  dataDir: string,
  options: Partial<ServeOptions> = {},
  over: object = {},
  nodeOptions: Omit<NodeOptions, 'dataDir'> = {},
): Promise<ServedNode> {
  await initNode(dataDir, { nodeId: 'served' });
  const engine = await openNode({ ...nodeOptions, dataDir });
  onTestFinished(() => engine.close());
  const node = overlaid(engine, over);
  const server = await serve(node, { dataDir, ...options });
  onTestFinished(() => server.close());
  return { dataDir, node, engine, server };
}

/** `node` with some of its methods replaced. */
function overlaid(node: object, over: object): NodeToServe {
  return new Proxy(node, {
    get: (_node, name) => {
      if (name in over) return (over as Record<string | symbol, unknown>)[name];
      const own = (node as Record<string | symbol, unknown>)[name];
      return typeof own === 'function' ? (own.bind(node) as unknown) : own;
    },
  }) as NodeToServe;
}

/** Makes a node and serves it over TCP, on any free port of 127.0.0.1. */
export function serveHttp(
  dataDir: string,
  http: HttpOptions = {},
  over: object = {},
  nodeOptions: Omit<NodeOptions, 'dataDir'> = {},
): Promise<ServedNode> {
  return serveNode(dataDir, { http }, over, nodeOptions);
}

/** The node as others see it. */
export async function attach(dataDir: string): Promise<AttachedNode> {
  const node = await attachTo(dataDir);
  if (node === undefined) throw new Error(`nobody serves ${dataDir}`);
  onTestFinished(() => node.close());
  return node;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly type: string;
  readonly text: string;
  readonly json: { error?: { code?: string; message?: string } } & Record<string, unknown>;
}

/** One raw request and its answer. */
export async function ask(
  { server }: ServedNode,
  options: RequestOptions & { readonly send?: string | Buffer },
): Promise<Answer> {
  const { send, ...rest } = options;
  const headers =
    send === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(send) };
  const [, response] = await begin(
    server,
    { ...rest, headers: { ...headers, ...rest.headers } },
    send,
  );
  let text = '';
  for await (const block of response.setEncoding('utf8') as AsyncIterable<string>) text += block;
  const type = response.headers['content-type'] ?? '';
  const json = (/[/+]json$/.test(type) ? JSON.parse(text) : {}) as Answer['json'];
  return { status: response.statusCode ?? 0, headers: response.headers, type, text, json };
}

/** A request whose answer has begun: over TCP where the node serves it there, or to a socket. */
export function begin(
  server: string | Pick<NodeServer, 'socket' | 'url'>,
  options: RequestOptions,
  send?: string | Buffer,
): Promise<[ClientRequest, IncomingMessage]> {
  const { socket, url } = typeof server === 'string' ? { socket: server, url: undefined } : server;
  const place = url === undefined ? { socketPath: socket } : placeOf(url);
  return new Promise((resolve, reject) => {
    const sent = request({ ...place, agent: false, ...options });
    sent.once('response', (response) => resolve([sent, response]));
    sent.once('error', reject);
    sent.end(send);
  });
}

/** Host and port of the server. */
export function placeOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port) };
}
