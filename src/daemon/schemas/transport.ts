/**
 * The listener for other nodes.
 */
import { type TSchema, Type } from 'typebox';
import type { TransportStatus } from '../../engine/index.ts';
import { describing } from './describing.ts';
import { fields, mapOf, oneOf, TEXT, WHOLE } from './shapes.ts';

export const TRANSPORT_STATUS: TSchema = describing<TransportStatus>()(
  fields(
    {
      state: oneOf(['off', 'running', 'failed']),
      host: Type.Optional(TEXT),
      port: Type.Optional(WHOLE),
      error: Type.Optional(fields({ code: TEXT, message: TEXT })),
      links: WHOLE,
      bytesIn: WHOLE,
      bytesOut: WHOLE,
      refused: mapOf(WHOLE),
    },
    'TransportStatus',
  ),
);
