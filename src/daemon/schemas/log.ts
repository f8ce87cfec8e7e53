/**
 * The log of a node as files, for those who follow it.
 */
import { type TSchema, Type } from 'typebox';
import type { LogDescription, LogPosition } from '../../engine/index.ts';
import { describing } from './describing.ts';
import { fields, TEXT, WHOLE } from './shapes.ts';

const POSITION = {
  logId: TEXT,
  seq: WHOLE,
  baseSeq: WHOLE,
  segment: WHOLE,
  bytes: WHOLE,
  atMs: WHOLE,
};

/** How far the log is durable. */
export const LOG_POSITION: TSchema = describing<LogPosition>()(fields(POSITION, 'LogPosition'));

/** What there is of it. */
export const LOG_DESCRIPTION: TSchema = describing<LogDescription>()(
  fields(
    {
      ...POSITION,
      worldId: TEXT,
      segments: Type.Array(fields({ number: WHOLE, firstSeq: WHOLE, bytes: WHOLE })),
      checkpoints: Type.Array(fields({ seq: WHOLE, bytes: WHOLE })),
    },
    'LogDescription',
  ),
);
