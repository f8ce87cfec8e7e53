/**
 * A node's files: hashes of what they hold, checkpoints, copies, verification, what opening found.
 */
import { type TSchema, Type } from 'typebox';
import type {
  BackupReport,
  CheckpointInfo,
  Hashes,
  RecoveryReport,
  VerifyReport,
} from '../../engine/index.ts';
import { describing } from './describing.ts';
import { fields, FLAG, NUMBER, TEXT, TEXTS, WHOLE } from './shapes.ts';

export const HASHES: TSchema = describing<Hashes>()(
  fields({ seq: WHOLE, stateHash: TEXT, contentHash: TEXT }, 'Hashes'),
);

export const CHECKPOINT: TSchema = describing<CheckpointInfo>()(
  fields({ seq: WHOLE, file: TEXT, bytes: WHOLE, entries: WHOLE }, 'Checkpoint'),
);

export const BACKUP_REPORT: TSchema = describing<BackupReport>()(
  fields({ directory: TEXT, seq: WHOLE, bytes: WHOLE, files: WHOLE }, 'BackupReport'),
);

const PROBLEM_FOUND = fields({
  file: TEXT,
  offset: WHOLE,
  reason: TEXT,
  seq: Type.Optional(WHOLE),
});

export const VERIFY_REPORT: TSchema = describing<VerifyReport>()(
  fields(
    {
      ok: FLAG,
      segments: WHOLE,
      batches: WHOLE,
      commits: WHOLE,
      bytes: WHOLE,
      headSeq: WHOLE,
      checkpoints: WHOLE,
      problems: Type.Array(PROBLEM_FOUND),
    },
    'VerifyReport',
  ),
);

export const RECOVERY_REPORT: TSchema = describing<RecoveryReport>()(
  fields(
    {
      checkpointSeq: WHOLE,
      replayedCommits: WHOLE,
      headSeq: WHOLE,
      cleanClose: FLAG,
      tornBytes: WHOLE,
      aside: TEXTS,
      rejectedCheckpoints: Type.Array(fields({ file: TEXT, reason: TEXT })),
      durationMs: NUMBER,
    },
    'RecoveryReport',
  ),
);
