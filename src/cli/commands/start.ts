/**
 * `adastra start`: the node as a process that stays: it listens for other members, looks for them,
 * exchanges with them, and serves other commands on this machine through its socket. What happens
 * is a line each on stderr; stdout gets one line (one object with --json) once it is ready. A
 * transport or discovery that cannot start is a warning, and the node works locally, unless
 * `--require-transport`. Ctrl-C and SIGTERM are the way to end it: a clean stop, exit 0.
 */
import { AdastraError } from '../../core/index.ts';
import type { SocketServer } from '../../daemon/index.ts';
import type { DiscoveryOptions, Logger, TransportOptions } from '../../engine/index.ts';
import type { CommandCall, CommandSpec, OptionValues } from '../command.ts';
import { eventLog } from '../event-log.ts';
import { EXIT } from '../exit-codes.ts';
import type { OpenedNode } from '../node-access.ts';
import { portOf } from '../option-values.ts';
import { addressOf } from '../peer-text.ts';

/** How long the goodbyes may take. */
const PART_STOP_MS = 3000;

/** `start` */
export const start: CommandSpec = {
  name: 'start',
  about: 'run the node: listen, discover, sync, serve this machine, until Ctrl-C',
  options: [
    { flags: '--host <address>', about: 'address to listen on (default: 127.0.0.1)' },
    { flags: '--port <n>', about: 'port to listen on (default: any free one)' },
    { flags: '--require-transport', about: 'fail if it cannot listen' },
    { flags: '--no-discovery', about: 'do not look for nodes' },
    { flags: '--discovery-port <n>', about: 'UDP port of discovery (default: 47474)' },
    { flags: '--target <host:port>', about: 'ask this address too (repeat)', isList: true },
    { flags: '--interface <name>', about: 'look on this interface (repeat)', isList: true },
  ],
  examples: ['start', 'start --host 192.168.1.10 --port 4711', 'start --no-discovery --json'],
  endsItself: true,
  async run(call) {
    const { output, session, terminal } = call;
    const settings = settingsOf(call.options);
    const log = eventLog(output, terminal);
    const node = await openToServe(call, log);
    const ending = new AbortController();
    const onInterrupt = (): void => ending.abort();
    call.signal.addEventListener('abort', onInterrupt, { once: true });
    if (call.signal.aborted) onInterrupt();
    const { dataDir } = session;
    const onStop = (): void => ending.abort();
    const server = await session.access.serve(node, { dataDir, onStop, logger: log });
    try {
      await startParts(node, settings, log);
      await announce(call, node, server);
      await endOf(ending.signal);
      log.info('stopping');
    } finally {
      await stopAll(node, server, log);
      call.signal.removeEventListener('abort', onInterrupt);
    }
    return EXIT.ok;
  },
};

interface StartSettings {
  readonly transport: TransportOptions;
  readonly requiresTransport: boolean;
  /** `undefined`: none. */
  readonly discovery: DiscoveryOptions | undefined;
}

function settingsOf(options: OptionValues): StartSettings {
  const discovery = {
    port: portOf(options, 'discoveryPort'),
    targets: options.list('target'),
    interfaces: options.list('interface'),
  };
  return {
    transport: { host: options.text('host'), port: portOf(options, 'port') },
    requiresTransport: options.flag('requireTransport'),
    discovery: options.flag('discovery') ? discovery : undefined,
  };
}

async function openToServe({ session }: CommandCall, log: Logger): Promise<OpenedNode> {
  try {
    return await session.openHere(log);
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

async function startParts(node: OpenedNode, settings: StartSettings, log: Logger): Promise<void> {
  const { transport, discovery, requiresTransport } = settings;
  try {
    const status = await node.startTransport(transport);
    log.info(`listening on ${addressOf(status) ?? 'nothing'}`);
  } catch (error) {
    if (!AdastraError.is(error) || requiresTransport) throw error;
    log.warn(`not listening for other nodes: ${error.message} (${error.code})`);
  }
  if (discovery === undefined) return;
  try {
    const { port, interfaces = [], warnings = [] } = await node.startDiscovery(discovery);
    log.info(`looking for nodes on UDP port ${port}, ${interfaces.join(', ')}`);
    for (const warning of warnings) log.warn(warning);
  } catch (error) {
    if (!AdastraError.is(error)) throw error;
    log.warn(`not looking for other nodes: ${error.message} (${error.code})`);
  }
}

async function announce(
  { output }: CommandCall,
  node: OpenedNode,
  server: SocketServer,
): Promise<void> {
  const { nodeId, fingerprint, worldId, transport, discovery } = await node.status();
  const address = addressOf(transport);
  server.announce(address);
  const { socket } = server;
  const parts = { transport: transport.state, discovery: discovery.state };
  const ready = { ready: true, nodeId, fingerprint, worldId, address, socket, ...parts };
  await output.result(
    ready,
    () => `ready  node ${nodeId}  address ${address ?? 'none'}  socket ${socket}`,
  );
  await output.flush();
}

function endOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The node itself is the session's to close, behind this. */
async function stopAll(node: OpenedNode, server: SocketServer, log: Logger): Promise<void> {
  const parts: readonly (readonly [string, () => Promise<void>])[] = [
    ['the local socket', () => server.close()],
    ['discovery', () => node.stopDiscovery()],
    ['the transport', () => node.stopTransport()],
  ];
  for (const [what, stop] of parts) {
    try {
      await withinTime(stop());
    } catch (error) {
      log.warn(`${what} did not stop cleanly: ${error instanceof Error ? error.message : ''}`);
    }
  }
}

async function withinTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('it took too long')), PART_STOP_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
