/**
 * The listener for other nodes, started and stopped; how it stands is in `/v1/status`.
 */
import { Type } from 'typebox';
import { type Route, route } from '../route.ts';
import { EMPTY, fields, TEXT, WHOLE } from '../schemas/shapes.ts';
import { TRANSPORT_STATUS } from '../schemas/transport.ts';

const TAG = 'Transport';

/** `transport` */
export const transportRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/transport/start',
    tag: TAG,
    summary: 'Starts to listen for other nodes.',
    access: 'admin',
    body: fields({ host: Type.Optional(TEXT), port: Type.Optional(WHOLE) }),
    answers: [{ type: 'json', schema: TRANSPORT_STATUS }],
    errors: [
      'read_only',
      'invalid_host',
      'invalid_port',
      'port_in_use',
      'permission_denied',
      'already_exists',
    ],
    run: async ({ serving, body }) => serving.node.startTransport(body),
  }),
  route({
    method: 'POST',
    path: '/v1/transport/stop',
    tag: TAG,
    summary: 'Stops it; links end.',
    access: 'admin',
    answers: [{ type: 'json', schema: EMPTY }],
    errors: ['read_only'],
    run: async ({ serving }) => {
      await serving.node.stopTransport();
      return {};
    },
  }),
];
