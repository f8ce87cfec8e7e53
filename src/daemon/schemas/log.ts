/**
 * The log of a node as files, for those who follow it.
 */
import type { TSchema } from 'typebox';
import type { LogPosition } from '../../engine/index.ts';
import { describing } from './describing.ts';
import { fields, TEXT, WHOLE } from './shapes.ts';

/** How far the log is durable. */
export const LOG_POSITION: TSchema = describing<LogPosition>()(
  fields({ logId: TEXT, seq: WHOLE }, 'LogPosition'),
);
