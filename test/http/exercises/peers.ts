/** Members, links, transport, discovery. What succeeds does so on test/support/fake-peer.ts. */
import type { Exercises } from '../exercise.ts';

const OTHER = 'aa22'.repeat(16);
const NOBODY = { params: { member: 'nobody' } };

export const peerExercises: Exercises = {
  'POST /v1/invite': {
    good: { body: { role: 'read', scopes: ['a/'], host: '127.0.0.1', port: 1, expiresMs: 5 } },
    refused: { unavailable: { body: {} }, invalid_options: { body: { expiresMs: 0 } } },
    odd: [{ body: { port: 70_000 } }, { body: { host: '' } }],
  },
  'GET /v1/members': { good: {} },
  'PATCH /v1/members/{member}': {
    good: { params: { member: OTHER }, body: { role: 'admin', scopes: null } },
    refused: { peer_unknown: { ...NOBODY, body: { role: 'read' } } },
    odd: [
      { ...NOBODY, body: {} },
      { params: { member: 'served' }, body: { role: 'read' } },
    ],
  },
  'POST /v1/members/{member}/close': {
    good: { params: { member: OTHER }, body: { force: true } },
    refused: { peer_unknown: { ...NOBODY, body: {} } },
    odd: [{ params: { member: 'served' }, body: {} }],
  },
  'GET /v1/peers': { good: {} },
  'POST /v1/connect': {
    good: { body: { target: OTHER, timeoutMs: 5 } },
    refused: { peer_unknown: { body: { target: 'nobody' } } },
    odd: [{ body: { target: '127.0.0.1:1', timeoutMs: 2000 } }, { body: { target: '' } }],
  },
  'POST /v1/peers/{member}/disconnect': {
    good: { params: { member: OTHER }, body: {} },
    refused: { peer_unknown: { ...NOBODY, body: {} } },
    odd: [{ params: { member: 'served' }, body: {} }],
  },
  'POST /v1/transport/start': {
    before: (node) => node.stopTransport(),
    planted: ['already_exists'],
    good: { body: { host: '127.0.0.1', port: 0 } },
    refused: {
      invalid_host: { body: { host: 'no such host' } },
      invalid_port: { body: { port: 70_000 } },
    },
    odd: [{ body: { host: '203.0.113.1', port: 0 } }],
  },
  'POST /v1/transport/stop': { good: { body: {} } },
  'POST /v1/discovery/start': {
    before: (node) => node.stopDiscovery(),
    planted: ['already_exists', 'invalid_options'],
    good: { body: { port: 5, targets: ['127.0.0.1:1'], interfaces: ['lo'] } },
    refused: {
      invalid_port: { body: { port: 70_000 } },
      invalid_host: { body: { host: 'no such host', port: 47_999 } },
    },
    odd: [{ body: { port: 0, targets: ['unheard'] } }],
  },
  'POST /v1/discovery/stop': { good: { body: {} } },
  'POST /v1/discovery/discover': {
    good: { body: { waitMs: 1 } },
  },
};
