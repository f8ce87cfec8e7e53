/**
 * `adastra start`: the node as a process that stays: it listens for other members, looks for them,
 * exchanges with them, and serves other commands on this machine through its socket. What happens
 * is a line each on stderr; stdout gets one line (one object with --json) once it is ready. A
 * transport or discovery that cannot start is a warning, and the node works locally, unless
 * `--require-transport`. Ctrl-C and SIGTERM are the way to end it: a clean stop, exit 0.
 */
import { AdastraError } from '../../core/index.ts';
import type { SocketServer } from '../../daemon/index.ts';
import type { Logger } from '../../engine/index.ts';
import { APPLICATION_OPTIONS, applicationOf } from '../application.ts';
import type { CommandCall, CommandSpec, OptionValues } from '../command.ts';
import { eventLog } from '../event-log.ts';
import { EXIT } from '../exit-codes.ts';
import type { Application, OpenedNode } from '../node-access.ts';
import { portOf } from '../option-values.ts';
import { addressOf } from '../peer-text.ts';
import { endOf, type PartSettings, startParts, stopParts } from '../running-parts.ts';

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
    ...APPLICATION_OPTIONS,
  ],
  examples: ['start', 'start --host 192.168.1.10 --port 4711', 'start --no-discovery --json'],
  endsItself: true,
  async run(call) {
    const { output, session, terminal } = call;
    const settings = settingsOf(call.options);
    const log = eventLog(output, (line) => terminal.stderr.write(line));
    const application = await applicationOf(call);
    // At the prompt of a served node that one's socket and listener go first.
    await session.close();
    const node = await openToServe(call, log, application);
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
      await stopParts(node, server, log);
      call.signal.removeEventListener('abort', onInterrupt);
    }
    return EXIT.ok;
  },
};

function settingsOf(options: OptionValues): PartSettings {
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

async function openToServe(
  { session }: CommandCall,
  log: Logger,
  application: Application,
): Promise<OpenedNode> {
  try {
    return await session.openHere(log, application);
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
