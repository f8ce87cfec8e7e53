/**
 * An open node and its servers: the local socket for the user's own programs, and HTTP over TCP
 * where it was asked for. Both answer with the same application; they differ in who calls and in
 * their limits. Any `NodeApi` can be served so, one that writes or one that follows.
 */
import { setMaxListeners } from 'node:events';
import process from 'node:process';
import type { Logger } from '../engine/index.ts';
import { Audit } from './audit.ts';
import type { HttpLimits } from './http-limits.ts';
import { directoryIdentity, type NodeFile, removeNodeFile, writeNodeFile } from './node-file.ts';
import { RequestMeter } from './request-meter.ts';
import type { ServedNode, ServedProcess } from './serving.ts';
import type { HttpOptions } from './tcp-server.ts';

export interface ServeOptions {
  readonly dataDir: string;
  /** Called when a program of this user asks the process to stop; without it that is refused. */
  readonly onStop?: (() => void) | undefined;
  readonly logger?: Logger | undefined;
  /** Of the local socket. */
  readonly limits?: Partial<HttpLimits> | undefined;
  /** Counts what is asked; default: one of its own. */
  readonly meter?: RequestMeter | undefined;
  /** HTTP over TCP; left out: there is none. */
  readonly http?: HttpOptions | undefined;
}

/** The servers of one node. */
export interface NodeServer {
  /** Path of the local socket, or name of the pipe. */
  readonly socket: string;
  /** Where HTTP is served, such as `http://127.0.0.1:4747`. */
  readonly url: string | undefined;
  /** Says where other nodes reach this one, in `node.json`. */
  announce(address: string | undefined): void;
  /** Idempotent. Call it before the node is closed and its lock released. */
  close(): Promise<void>;
}

/**
 * Serves an open node. The caller must hold the lock of `dataDir`. Throws as the servers' starts
 * do (`port_in_use`, `permission_denied`, `invalid_host`, `invalid_port`, `invalid_options`,
 * `io_error`); nothing is served then.
 */
export async function serveNode(node: ServedNode, options: ServeOptions): Promise<NodeServer> {
  const servers = new Servers(node, options);
  try {
    await servers.open();
  } catch (error) {
    await servers.close();
    throw error;
  }
  return servers;
}

class Servers implements NodeServer {
  readonly #node: ServedNode;
  readonly #options: ServeOptions;
  readonly #stopping = new AbortController();
  readonly #open: (() => Promise<void>)[] = [];
  #facts: NodeFile | undefined;
  #closing: Promise<void> | undefined;

  constructor(node: ServedNode, options: ServeOptions) {
    this.#node = node;
    this.#options = options;
    // One listener for each live stream, which admission bounds.
    setMaxListeners(0, this.#stopping.signal);
  }

  get socket(): string {
    return this.#known.socket;
  }

  get url(): string | undefined {
    return this.#known.url;
  }

  async open(): Promise<void> {
    const { dataDir, http, limits, logger, onStop } = this.#options;
    const { nodeId, fingerprint, worldId, version, startedAtMs } = await this.#node.nodeInfo();
    const directory = directoryIdentity(dataDir);
    const own = { pid: process.pid, directory, nodeId, fingerprint, worldId, version, startedAtMs };
    this.#facts = { ...own, socket: '' };
    const meter = this.#options.meter ?? new RequestMeter();
    const served: ServedProcess = {
      node: this.#node,
      stopping: this.#stopping.signal,
      logger,
      meter,
      audit: new Audit(logger, meter),
      facts: () => this.#known,
    };
    // Routes and schemas are loaded by those that serve: other commands start without them.
    const { openTcpServer } = await import('./tcp-server.ts');
    const { openSocketServer } = await import('./socket-server.ts');
    const tcp = http && (await openTcpServer(served, http));
    if (tcp !== undefined) this.#open.push(() => tcp.close());
    const local = await openSocketServer(served, { dataDir, limits, onStop });
    this.#open.push(() => local.close());
    const url = tcp === undefined ? {} : { url: tcp.url };
    this.#facts = { ...own, socket: local.socket, ...url };
    this.announce(undefined);
  }

  announce(address: string | undefined): void {
    const { address: _old, ...rest } = this.#known;
    this.#facts = { ...rest, ...(address === undefined ? {} : { address }) };
    writeNodeFile(this.#options.dataDir, this.#facts);
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#open.map((close) => close()));
    if (this.#facts !== undefined) removeNodeFile(this.#options.dataDir, this.#facts);
  }

  get #known(): NodeFile {
    if (this.#facts === undefined) throw new Error('the servers are not open yet');
    return this.#facts;
  }
}
