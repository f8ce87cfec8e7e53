/**
 * Commits of the log, what they did to one key, and what one would do.
 */
import { type TSchema, Type } from 'typebox';
import type { Commit, HistoryEntry, PreflightReport } from '../../core/index.ts';
import { describing } from './describing.ts';
import { CHANGED_KEY } from './entries.ts';
import { fields, FLAG, NUMBER, oneOf, TEXT, TEXTS, VALUE, WHOLE } from './shapes.ts';

const FACTS = {
  seq: WHOLE,
  origin: Type.Optional(TEXT),
  originSeq: WHOLE,
  stamp: TEXT,
  timeMs: NUMBER,
  actor: Type.Optional(TEXT),
  operations: Type.Optional(Type.Array(fields({ name: TEXT, version: WHOLE }))),
  commandId: Type.Optional(TEXT),
  reason: Type.Optional(TEXT),
  reverts: Type.Optional(fields({ origin: TEXT, originSeq: WHOLE })),
  metadata: Type.Optional(VALUE),
  void: Type.Optional(TEXT),
};

/** One commit of the log. */
export const COMMIT: TSchema = describing<Commit>()(
  fields({ ...FACTS, events: Type.Array(CHANGED_KEY) }, 'Commit'),
);

/** One write in the history of a key. */
export const HISTORY_ENTRY: TSchema = describing<HistoryEntry>()(
  fields({ ...FACTS, kind: oneOf(['put', 'remove']), value: Type.Optional(VALUE) }, 'HistoryEntry'),
);

const CHECKED_OPERATION = fields({
  op: TEXT,
  ok: FLAG,
  error: Type.Optional(fields({ code: TEXT, message: TEXT })),
});

/** What a commit would do. */
export const PREFLIGHT_REPORT: TSchema = describing<PreflightReport>()(
  fields(
    { ok: FLAG, seq: WHOLE, operations: Type.Array(CHECKED_OPERATION), keys: TEXTS },
    'PreflightReport',
  ),
);
