/**
 * Looking for nodes on the network: started, stopped, asked.
 */
import { Type } from 'typebox';
import { type Route, route } from '../route.ts';
import { DISCOVERED_NODE, DISCOVERY_STATUS } from '../schemas/discovery.ts';
import { EMPTY, fields, TEXT, TEXTS, WHOLE } from '../schemas/shapes.ts';

/** Longer, and the caller should ask again: a request in hand is one fewer for others. */
const WAIT_MS_MAX = 60_000;

const TAG = 'Discovery';

const OPTIONS = fields({
  host: Type.Optional(TEXT),
  port: Type.Optional(WHOLE),
  targets: Type.Optional(TEXTS),
  interfaces: Type.Optional(TEXTS),
});

/** `discovery` */
export const discoveryRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/discovery/start',
    tag: TAG,
    summary: 'Starts to look for nodes on the network and to be found.',
    access: 'admin',
    body: OPTIONS,
    answers: [{ type: 'json', schema: DISCOVERY_STATUS }],
    errors: [
      'read_only',
      'invalid_options',
      'invalid_host',
      'invalid_port',
      'port_in_use',
      'permission_denied',
      'already_exists',
    ],
    run: async ({ serving, body }) => serving.node.startDiscovery(body),
  }),
  route({
    method: 'POST',
    path: '/v1/discovery/stop',
    tag: TAG,
    summary: 'Stops it.',
    access: 'admin',
    answers: [{ type: 'json', schema: EMPTY }],
    errors: ['read_only'],
    run: async ({ serving }) => {
      await serving.node.stopDiscovery();
      return {};
    },
  }),
  route({
    method: 'POST',
    path: '/v1/discovery/discover',
    tag: TAG,
    summary: 'Asks the network, listens for a while, and tells who is there.',
    access: 'admin',
    body: fields({ waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: WAIT_MS_MAX })) }),
    answers: [{ type: 'json', schema: fields({ nodes: Type.Array(DISCOVERED_NODE) }) }],
    errors: ['read_only'],
    run: async ({ serving, body }) => ({ nodes: await serving.node.discover(body) }),
  }),
];
