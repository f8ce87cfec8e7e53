/**
 * Looking for nodes on the network, and those that were heard.
 */
import { type TSchema, Type } from 'typebox';
import type { DiscoveredNode, DiscoveryStatus } from '../../engine/index.ts';
import { describing } from './describing.ts';
import { fields, FLAG, mapOf, NUMBER, oneOf, TEXT, TEXTS, WHOLE } from './shapes.ts';

export const DISCOVERY_STATUS: TSchema = describing<DiscoveryStatus>()(
  fields(
    {
      state: oneOf(['off', 'running', 'failed']),
      port: Type.Optional(WHOLE),
      interfaces: Type.Optional(TEXTS),
      error: Type.Optional(fields({ code: TEXT, message: TEXT })),
      known: WHOLE,
      dropped: mapOf(WHOLE),
      warnings: Type.Optional(TEXTS),
    },
    'DiscoveryStatus',
  ),
);

export const DISCOVERED_NODE: TSchema = describing<DiscoveredNode>()(
  fields(
    {
      fingerprint: TEXT,
      nodeId: TEXT,
      worldId: TEXT,
      addresses: TEXTS,
      state: oneOf(['available', 'stale', 'expired']),
      lastSeenMsAgo: NUMBER,
      member: FLAG,
    },
    'DiscoveredNode',
  ),
);
