/**
 * The half of the log's port that writes, where there is nothing to write to: every write is
 * refused and says so.
 */
import { AdastraError } from '../core/index.ts';
import type { Batch } from './batch.ts';
import type { BatchBuilder } from './batch-builder.ts';
import type {
  AppendOutcome,
  CommitLog,
  DropOutcome,
  LogEnd,
  LogStat,
  ReadOptions,
  SyncMode,
} from './commit-log.ts';

export abstract class ReadOnlyLog implements CommitLog {
  abstract readonly worldId: Uint8Array;
  abstract readonly logId: Uint8Array;
  abstract readonly headSeq: number;
  abstract readonly headDigest: Uint8Array;
  abstract readonly durableSeq: number;
  abstract readonly durableEnd: LogEnd;
  abstract readonly baseSeq: number;
  abstract readonly baseVector: Uint8Array;
  abstract readonly term: number;
  readonly latched: undefined;
  onDurable: () => void = () => {};

  abstract read(fromSeq: number, options?: ReadOptions): Generator<Batch, void, undefined>;
  abstract startFor(isCovered: (vector: Uint8Array) => boolean): number;
  abstract stat(): LogStat;

  append(
    _expectedSeq: number,
    _batch: BatchBuilder,
    _mode: SyncMode,
    done: (outcome: AppendOutcome) => void,
  ): void {
    done({ kind: 'rejected', error: readOnlyError() });
  }

  sync(_mode: 'now' | 'background', done: (outcome: AppendOutcome) => void): void {
    done({ kind: 'rejected', error: readOnlyError() });
  }

  writeMark(): void {
    // A reader leaves no marks.
  }

  dropBelow(): DropOutcome {
    return { removed: 0, error: readOnlyError() };
  }

  close(): undefined {
    this.abandon();
  }

  abandon(): void {
    // It holds no file between reads.
  }
}

function readOnlyError(): AdastraError {
  return new AdastraError('read_only', 'the log is open for reading only');
}
