/**
 * Projections: how one stands.
 */
import { type TSchema, Type } from 'typebox';
import type { ProjectionStatus } from '../../engine/index.ts';
import { describing } from './describing.ts';
import { fields, FLAG, oneOf, TEXT, WHOLE } from './shapes.ts';

export const PROJECTION_STATUS: TSchema = describing<ProjectionStatus>()(
  fields(
    {
      name: TEXT,
      version: WHOLE,
      seq: WHOLE,
      state: oneOf(['live', 'failed']),
      error: Type.Optional(fields({ seq: WHOLE, message: TEXT })),
      bytes: Type.Optional(WHOLE),
      tooLarge: FLAG,
    },
    'ProjectionStatus',
  ),
);
