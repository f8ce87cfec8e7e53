/**
 * Freshness as it is told.
 */
import type { TSchema } from 'typebox';
import { fields, NUMBER, oneOf, WHOLE } from './shapes.ts';

export const FRESHNESS: TSchema = fields(
  {
    seq: WHOLE,
    logSeq: WHOLE,
    lagCommits: WHOLE,
    lagMs: NUMBER,
    source: fields({
      kind: oneOf(['writer', 'directory', 'url']),
      state: oneOf(['connected', 'unreachable']),
      sinceMs: NUMBER,
    }),
  },
  'Freshness',
);
