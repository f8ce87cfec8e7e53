/**
 * `adastra start`: the node as a process that stays: it listens for other members, looks for them,
 * exchanges with them, serves other commands on this machine through its socket, and with `--http`
 * programs over TCP. A transport or discovery that cannot start is a warning, and the node works
 * locally, unless `--require-transport`. Ctrl-C and SIGTERM are the way to end it: exit 0.
 */
import { APPLICATION_OPTIONS, applicationOf } from '../application.ts';
import type { CommandSpec } from '../command.ts';
import { HTTP_OPTIONS, httpOptionsOf, refuseHttpOptions } from '../http-options.ts';
import { LOG_OPTIONS } from '../log-options.ts';
import { partSettingsOf, PEER_OPTIONS } from '../part-options.ts';
import { runNode } from '../running-node.ts';

/** `start` */
export const start: CommandSpec = {
  name: 'start',
  about: 'run the node: listen, discover, sync, serve this machine, until Ctrl-C',
  options: [
    { flags: '--host <address>', about: 'address to listen on (default: 127.0.0.1)' },
    { flags: '--port <n>', about: 'port to listen on (default: any free one)' },
    ...PEER_OPTIONS,
    { flags: '--http <n>', about: 'serve HTTP on this port too (0: any free one)' },
    { flags: '--http-host <address>', about: 'address of HTTP (default: 127.0.0.1)' },
    ...HTTP_OPTIONS,
    ...APPLICATION_OPTIONS,
    ...LOG_OPTIONS,
  ],
  examples: [
    'start',
    'start --host 192.168.1.10 --port 4711',
    'start --http 4747',
    'start --no-discovery --json',
  ],
  endsItself: true,
  async run(call) {
    const { options, session } = call;
    const parts = partSettingsOf(options, { host: 'host', port: 'port' });
    const asked = httpOptionsOf(options, { host: 'httpHost', port: 'http' });
    const http = asked.port === undefined ? undefined : asked;
    if (http === undefined) refuseHttpOptions(options);
    const application = await applicationOf(call);
    return runNode(call, { open: (log) => session.openHere(log, application), http, parts });
  },
};
