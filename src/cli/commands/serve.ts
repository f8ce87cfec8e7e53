/**
 * `adastra serve`: the node as a write daemon: HTTP over TCP and the local socket, without other
 * nodes. The same process as `adastra start --http`, the other way round: `--peers` adds them.
 */
import { APPLICATION_OPTIONS, applicationOf } from '../application.ts';
import type { CommandSpec } from '../command.ts';
import { HTTP_OPTIONS, httpOptionsOf } from '../http-options.ts';
import { LOG_OPTIONS } from '../log-options.ts';
import { partSettingsOf, PEER_OPTIONS } from '../part-options.ts';
import { runNode } from '../running-node.ts';

/** Where it listens if nothing is said. */
const PORT = 4747;

/** `serve` */
export const serve: CommandSpec = {
  name: 'serve',
  about: 'run the node as a daemon: HTTP for programs, until Ctrl-C',
  options: [
    { flags: '--host <address>', about: 'address of HTTP (default: 127.0.0.1)' },
    { flags: '--port <n>', about: `port of HTTP (default: ${PORT}; 0: any free one)` },
    ...HTTP_OPTIONS,
    { flags: '--peers', about: 'listen for other nodes too, discover, sync' },
    { flags: '--peer-host <address>', about: 'address for other nodes (default: 127.0.0.1)' },
    { flags: '--peer-port <n>', about: 'port for other nodes (default: any free one)' },
    ...PEER_OPTIONS,
    ...APPLICATION_OPTIONS,
    ...LOG_OPTIONS,
  ],
  examples: ['serve', 'serve --port 0 --json', 'serve --peers --operations ./operations.js'],
  endsItself: true,
  async run(call) {
    const { options, session } = call;
    const asked = httpOptionsOf(options, { host: 'host', port: 'port' });
    const http = { ...asked, port: asked.port ?? PORT };
    const settings = partSettingsOf(options, { host: 'peerHost', port: 'peerPort' });
    const parts = options.flag('peers') ? settings : undefined;
    const application = await applicationOf(call);
    return runNode(call, { open: (log) => session.openHere(log, application), http, parts });
  },
};
