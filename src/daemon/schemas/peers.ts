/**
 * Members and links as they are told.
 */
import { type TSchema, Type } from 'typebox';
import { fields, NUMBER, oneOf, TEXT, WHOLE } from './shapes.ts';

const ROLE = oneOf(['read', 'write', 'admin', 'witness']);

const METADATA = Type.Record(TEXT, Type.Unknown(), {
  description: 'What the node said of itself when it was last connected.',
});

/** One other member. */
export const PEER: TSchema = fields(
  {
    fingerprint: TEXT,
    nodeId: TEXT,
    role: ROLE,
    membership: oneOf(['member', 'closing', 'closed']),
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
);
