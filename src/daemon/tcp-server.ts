/**
 * The HTTP server of a node on a TCP port: for this machine alone, or, with TLS and a token, for
 * others. In front of every route stand its limits, the check of `Host` and `Origin`, and the
 * token. Why one cannot start is a typed error, and nothing is bound then.
 */
import { lookup } from 'node:dns/promises';
import type { Server } from 'node:http';
import { type AddressInfo, BlockList, isIPv6, type Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { AdastraError } from '../core/index.ts';
import type { Logger } from '../engine/index.ts';
import { Admission } from './admission.ts';
import { allowedHosts, allowedOrigins, hostText } from './allowed-hosts.ts';
import { makeApp } from './app.ts';
import type { Caller } from './caller.ts';
import { Connections } from './connections.ts';
import { Gate } from './gate.ts';
import { type HttpLimits, httpLimits, TCP_LIMITS } from './http-limits.ts';
import { makeHttpServer } from './http-server.ts';
import { checkPort, invalidHost, listenError } from './listen-error.ts';
import { LiveRequests } from './live-requests.ts';
import { closeServer } from './server-close.ts';
import { tellLoad } from './server-load.ts';
import type { ServedProcess, SocketContext } from './serving.ts';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';
import { TokenGuard } from './token-guard.ts';

/** Connections that the system holds until they are taken. */
const BACKLOG = 1024;
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Where the server listens and whom it lets in. */
export interface HttpOptions {
  /** Default 127.0.0.1. Others take `tls`, and a token that the world has. */
  readonly host?: string | undefined;
  /** Default 0: any free one. */
  readonly port?: number | undefined;
  readonly tls?: TlsFiles | undefined;
  /** Lets other machines in without TLS. */
  readonly isInsecure?: boolean | undefined;
  /** Asks for a token also while the world has none. */
  readonly isTokenRequired?: boolean | undefined;
  /** Names that `Host` may have beside those of this machine, with or without a port. */
  readonly allowHosts?: readonly string[] | undefined;
  /** Origins of pages that may call. */
  readonly allowOrigins?: readonly string[] | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
}

/** A server that listens. */
export interface TcpServer {
  /** `http://127.0.0.1:4747`: the address that it is bound to. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves what `served` tells of. `invalid_options`, `invalid_host`, `invalid_port`, `port_in_use`,
 * `permission_denied`.
 */
export async function openTcpServer(
  served: ServedProcess,
  options: HttpOptions,
): Promise<TcpServer> {
  const { host = '127.0.0.1', port = 0, allowHosts = [], allowOrigins = [] } = options;
  checkPort(port);
  const limits = httpLimits(TCP_LIMITS, options.limits);
  const origins = allowedOrigins(allowOrigins);
  const tls = options.tls && readTlsFiles(options.tls);
  const address = await addressOf(host);
  const isTokenRequired = options.isTokenRequired === true || !isLoopback(address);
  const guard = new TokenGuard({ node: served.node, isTokenRequired });
  await checkExposure(served, guard, { ...options, host, address });
  const gate = new Gate({
    origins,
    limits,
    refused: (error, incoming) => served.audit.refused(error, incoming),
  });
  const parts: ServerParts = { served, limits, tls, gate, guard };
  const running = new RunningServer(parts);
  const bound = await listen(running.server, { host, address, port });
  gate.hosts = allowedHosts({ ...bound, isTls: tls !== undefined }, [host, ...allowHosts]);
  running.url = `${tls === undefined ? 'http' : 'https'}://${hostText(bound.host)}:${bound.port}`;
  return running;
}

interface ServerParts {
  readonly served: ServedProcess;
  readonly limits: HttpLimits;
  readonly tls: SecureContextOptions | undefined;
  readonly gate: Gate;
  readonly guard: TokenGuard;
}

/** The server with what it counts; it does not listen by itself. */
class RunningServer implements TcpServer {
  readonly server: Server;
  url = '';
  readonly #admission: Admission;
  readonly #connections: Connections;
  readonly #live: LiveRequests;
  readonly #logger: Logger | undefined;
  readonly #leaveMeter: () => void;

  constructor({ served, limits, tls, gate, guard }: ServerParts) {
    const { audit } = served;
    this.#logger = served.logger;
    this.#admission = new Admission(limits);
    this.#live = new LiveRequests(guard);
    this.#connections = new Connections(limits, (name, from) => audit.turnedAway(name, from));
    const app = makeApp({
      ...served,
      admission: this.#admission,
      stallMs: limits.stallMs,
      heartbeatMs: limits.heartbeatMs,
      callerOf: (context) => this.#callerOf(context, guard),
      // Who may end a process is who may end it by a signal.
      stop: undefined,
    });
    this.server = makeHttpServer({
      fetch: app.fetch,
      limits,
      tls,
      admits: (incoming, outgoing) => {
        this.#connections.busy(incoming, outgoing);
        return gate.admits(incoming, outgoing);
      },
      refused: (error, socket) => audit.broken(error, socket),
    });
    this.server.on('connection', (socket: Socket) => this.#connections.accept(socket));
    const { meter } = served;
    const load = { name: 'http', server: this.server, admission: this.#admission, meter };
    this.#leaveMeter = tellLoad(load);
  }

  async close(): Promise<void> {
    this.#live.close();
    this.#leaveMeter();
    await closeServer(this.server, this.#admission, this.#logger);
  }

  async #callerOf({ env }: SocketContext, guard: TokenGuard): Promise<Caller> {
    const caller = await guard.callerOf(env.incoming);
    if (caller.kind === 'token') this.#live.add(env.outgoing, caller.id);
    return caller;
  }
}

/** The address that a name stands for on this machine. */
async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw invalidHost(host, cause);
  }
}

function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

interface Exposure extends HttpOptions {
  readonly host: string;
  readonly address: string;
}

/** Refuses to serve other machines in the clear or without a token; says what is open. */
async function checkExposure(
  { node, logger }: ServedProcess,
  guard: TokenGuard,
  { host, address, tls, isInsecure = false }: Exposure,
): Promise<void> {
  if (isLoopback(address)) {
    if (await guard.isTokenNeeded()) return;
    logger?.warn(
      'every program on this machine may read and write here: adastra token create ends that',
    );
    return;
  }
  const details = { host };
  if (tls === undefined && !isInsecure) {
    throw new AdastraError('invalid_options', `other machines reach ${host}: that takes TLS`, {
      hint: 'name a certificate and its key: --tls-cert FILE --tls-key FILE',
      details,
    });
  }
  if ((await node.tokens()).length === 0) {
    throw new AdastraError('invalid_options', `other machines reach ${host}: that takes a token`, {
      hint: 'make one first: adastra token create --role write',
      details,
    });
  }
  if (tls === undefined) logger?.warn(`tokens and data are readable on the way to ${host}: no TLS`);
}

interface Place {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/** Binds the port; what is bound. */
function listen(
  server: Server,
  { host, address, port }: Place,
): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    const onError = (cause: unknown): void => reject(listenError(cause, host, port));
    server.once('error', onError);
    server.listen({ host: address, port, backlog: BACKLOG }, () => {
      server.off('error', onError);
      const bound = server.address() as AddressInfo;
      resolve({ host: bound.address, port: bound.port });
    });
  });
}
