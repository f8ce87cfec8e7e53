/**
 * A node as a process that stays: opened, served on its socket and over HTTP, connected with
 * others, until it is told to end (Ctrl-C, SIGTERM, `adastra daemon stop`). What happens is a line
 * each on stderr; stdout gets one line (one object with --json) once it is ready.
 */
import { AdastraError } from '../core/index.ts';
import type { HttpOptions, NodeServer } from '../daemon/index.ts';
import type { Logger } from '../engine/index.ts';
import type { CommandCall } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { logOf } from './log-options.ts';
import type { OwnNode } from './node-access.ts';
import { addressOf } from './peer-text.ts';
import { endOf, type PartSettings, startParts, stopParts } from './running-parts.ts';

export interface RunSettings {
  /** Opens the node; the session closes it. */
  open(log: Logger): Promise<OwnNode>;
  /** HTTP over TCP; `undefined`: there is none. */
  readonly http: HttpOptions | undefined;
  /** Transport and discovery; `undefined`: it works by itself. */
  readonly parts: PartSettings | undefined;
}

/** Runs it to its end; the exit code. */
export async function runNode(call: CommandCall, settings: RunSettings): Promise<number> {
  const { session } = call;
  const log = logOf(call);
  // At the prompt of a served node that one's socket and listener go first.
  await session.close();
  const node = await opened(() => settings.open(log));
  const ending = new AbortController();
  const onInterrupt = (): void => ending.abort();
  call.signal.addEventListener('abort', onInterrupt, { once: true });
  if (call.signal.aborted) onInterrupt();
  const { dataDir } = session;
  const { http, parts } = settings;
  const onStop = (): void => ending.abort();
  const server = await session.access.serve(node, { dataDir, onStop, logger: log, http });
  try {
    if (server.url !== undefined)
      log.info(`HTTP on ${server.url}`, { event: 'listening', url: server.url });
    if (parts !== undefined) await startParts(node, parts, log);
    await announce(call, node, server);
    await endOf(ending.signal);
    log.info('stopping', { event: 'stopping' });
  } finally {
    await stopParts(node, server, log);
    await session.close();
    log.info('stopped', { event: 'stopped' });
    call.signal.removeEventListener('abort', onInterrupt);
  }
  return EXIT.ok;
}

async function opened(open: () => Promise<OwnNode>): Promise<OwnNode> {
  try {
    return await open();
  } catch (error) {
    if (!AdastraError.is(error) || error.code !== 'locked') throw error;
    const { message, details, cause } = error;
    throw new AdastraError('locked', message, {
      hint: 'adastra status shows the node that runs, adastra daemon stop ends it',
      details,
      cause,
    });
  }
}

async function announce({ output }: CommandCall, node: OwnNode, server: NodeServer): Promise<void> {
  const { nodeId, fingerprint, worldId, transport, discovery } = await node.status();
  const address = addressOf(transport);
  server.announce(address);
  const { socket, url } = server;
  const parts = { transport: transport.state, discovery: discovery.state };
  const ready = { ready: true, nodeId, fingerprint, worldId, address, socket, url, ...parts };
  const http = url === undefined ? '' : `  HTTP ${url}`;
  await output.result(
    ready,
    () => `ready  node ${nodeId}  address ${address ?? 'none'}${http}  socket ${socket}`,
  );
  await output.flush();
}
