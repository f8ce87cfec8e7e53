/**
 * One commit's whole way to the other members, and what blocks it.
 */
import { type TSchema, Type } from 'typebox';
import type { SyncWhy } from '../../engine/index.ts';
import { describing } from './describing.ts';
import { fields, FLAG, oneOf, TEXT, WHOLE } from './shapes.ts';

const AT_PEER = fields({
  peer: TEXT,
  nodeId: TEXT,
  state: oneOf(['acknowledged', 'received', 'inFlight', 'queued', 'refused', 'unknown']),
  reason: Type.Optional(TEXT),
});

const ON_ITS_WAY = fields({
  seq: WHOLE,
  origin: TEXT,
  originSeq: WHOLE,
  author: TEXT,
  stamp: TEXT,
  durable: FLAG,
  void: Type.Optional(TEXT),
  peers: Type.Array(AT_PEER),
  stable: FLAG,
});

export const SYNC_WHY: TSchema = describing<SyncWhy>()(
  fields(
    {
      subject: TEXT,
      commits: Type.Array(ON_ITS_WAY),
      held: Type.Array(fields({ origin: TEXT, reason: TEXT })),
      verdict: TEXT,
    },
    'SyncWhy',
  ),
);
