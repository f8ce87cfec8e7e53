/**
 * Other members and the links to them.
 */
import { type TSchema, Type } from 'typebox';
import type { PeerStatus } from '../../engine/index.ts';
import { describing } from './describing.ts';
import { MEMBERSHIP, ROLE } from './members.ts';
import { METADATA } from './metadata.ts';
import { fields, NUMBER, oneOf, TEXT, WHOLE } from './shapes.ts';

/** One other member. */
export const PEER: TSchema = describing<PeerStatus>()(
  fields(
    {
      fingerprint: TEXT,
      nodeId: TEXT,
      role: ROLE,
      membership: MEMBERSHIP,
      state: oneOf(['connected', 'connecting', 'waiting', 'offline', 'frozen']),
      address: Type.Optional(TEXT),
      direction: Type.Optional(oneOf(['in', 'out'])),
      metadata: Type.Optional(METADATA),
      acknowledgedSeq: WHOLE,
      commitsRemaining: WHOLE,
      bytesRemaining: WHOLE,
      bytesPerSecond: NUMBER,
      etaMs: Type.Optional(NUMBER),
      inFlight: WHOLE,
      held: WHOLE,
      retries: WHOLE,
      roundTripMs: Type.Optional(NUMBER),
      clockOffsetMs: Type.Optional(NUMBER),
      lastError: Type.Optional(TEXT),
      lastConnectedMsAgo: Type.Optional(NUMBER),
      nextAttemptMs: Type.Optional(NUMBER),
    },
    'Peer',
  ),
);
