/**
 * Opening a log. For writing: replay, set a torn tail aside, make what is kept durable, and only
 * then take the first append; damage to committed data refuses. For reading: exactly the state at
 * the highest mark, nothing on disk is touched, and in front of damage reading goes on as far as it
 * can.
 */
import type { AdastraError } from '../core/index.ts';
import { equalBytes } from '../core/index.ts';
import { err, ok, type Result } from '../core/index.ts';
import { type Env, errorCode } from '../env/index.ts';
import { type Batch, isAfter, ScannedBatch } from './batch.ts';
import type { CommitLog } from './commit-log.ts';
import { copySegment, removeSegmentsAfter, type SetAside, setAside } from './cut.ts';
import { FileCommitLog } from './file-commit-log.ts';
import { damageError, type LogDamage } from './log-error.ts';
import { guardDisk, type LogPaths, logPaths, removeLeftovers } from './log-files.ts';
import type { SegmentEntry } from './log-index.ts';
import { type BadPlace, type LogScan, type LogScanOptions, scanLog } from './log-scan.ts';
import { LogView } from './log-view.ts';
import { type LogOptions, resolveLogOptions } from './options.ts';
import type { SegmentHeader } from './segment-header.ts';
import type { SegmentScanner } from './segment-scanner.ts';

export interface RecoverOptions {
  readonly access: 'read' | 'write';
  /** The world that this must be the log of; unchecked when left out. */
  readonly worldId?: Uint8Array;
  /**
   * Replays what comes after this seq; default 0. Local notes that stand right behind it are
   * replayed too, even if they were written before the checkpoint at that seq: notes must bear
   * repetition.
   */
  readonly fromSeq?: number;
  /**
   * With `fromSeq`: the digest of a batch that ended there; `report.fromDigestSeen` says if it is
   * here.
   */
  readonly fromDigest?: Uint8Array;
  /** A seq known to have been synced, from a checkpoint or a peer. */
  readonly witnessSeq?: number;
  /** Called for each batch in order; what it holds is valid until this returns. */
  readonly onBatch?: (batch: Batch) => void;
  /** The store's vector at the head, for the header of the next segment. */
  readonly vector?: () => Uint8Array;
  readonly options?: LogOptions;
}

/** What opening found and did. */
export interface RecoveryReport {
  readonly baseSeq: number;
  readonly headSeq: number;
  readonly markSeq: number;
  /** The highest term in the log. */
  readonly term: number;
  /** Whether it was closed cleanly. */
  readonly sealed: boolean;
  readonly segments: number;
  /** Batches read; segments below `fromSeq` are not. */
  readonly batchCount: number;
  readonly fromDigestSeen: boolean | undefined;
  /** What a crash left of batches that were never promised, and where it went. */
  readonly torn:
    | (BadPlace & { readonly bytes: number; readonly files: readonly SetAside[] })
    | undefined;
  /** Only for reading: what stopped it. */
  readonly damage: LogDamage | undefined;
}

export interface RecoveredLog {
  readonly log: CommitLog;
  readonly report: RecoveryReport;
}

/** How often a reader begins again when a writer removed a segment under it. */
const READ_ATTEMPTS = 5;
/** How often it looks again at what seems to be damage and is not there at the next look. */
const SETTLE_ATTEMPTS = 10;

/**
 * Opens the log in `<directory>/log`. Errors: `not_initialized`, `world_mismatch`,
 * `upgrade_needed`, `log_damaged` (details: `LogDamage`, `repair`), `disk_full`, `io_error`,
 * `permission_denied`. When it fails, what `onBatch` was given is to be forgotten.
 */
export function recoverLog(
  env: Env,
  directory: string,
  options: RecoverOptions,
): Result<RecoveredLog, AdastraError> {
  const paths = logPaths(env, directory);
  return guardDisk('cannot open the log', paths.log, () => {
    const recovery = new Recovery(env, paths, options);
    return options.access === 'write' ? recovery.forWriting() : recovery.forReading();
  });
}

class Recovery {
  readonly #env: Env;
  readonly #paths: LogPaths;
  readonly #options: RecoverOptions;
  readonly #fromSeq: number;
  readonly #batch: ScannedBatch = new ScannedBatch();
  #fromDigestSeen = false;

  constructor(env: Env, paths: LogPaths, options: RecoverOptions) {
    this.#env = env;
    this.#paths = paths;
    this.#options = options;
    this.#fromSeq = options.fromSeq ?? 0;
  }

  forWriting(): Result<RecoveredLog, AdastraError> {
    const { vector, options } = this.#options;
    const scanned = scanLog(this.#env, this.#replaying());
    if (!scanned.ok) return scanned;
    const scan = scanned.value;
    if (scan.damage !== undefined) return err(damageError(this.#paths.data, scan.damage));
    removeLeftovers(this.#env.fs, this.#paths.log);
    removeLeftovers(this.#env.fs, this.#paths.aside);
    const files = this.#makeDurable(scan);
    const log = new FileCommitLog(this.#env, {
      paths: this.#paths,
      options: resolveLogOptions(options),
      worldId: scan.worldId,
      logId: scan.logId,
      term: scan.chain.term + 1,
      headSeq: scan.chain.headSeq,
      headDigest: scan.chain.digest.slice(),
      sealed: scan.sealed,
      entries: scan.entries.slice(),
      vector: vector ?? ((): Uint8Array => new Uint8Array(0)),
    });
    return ok({ log, report: this.#report(scan, log, files) });
  }

  forReading(): Result<RecoveredLog, AdastraError> {
    const found = this.#scanSettled();
    if (!found.ok) return found;
    const { damage, chain, sealed } = found.value;
    const untilSeq = Math.min(chain.mark, chain.headSeq);
    const scanned = scanLog(this.#env, { ...this.#replaying(), untilSeq });
    if (!scanned.ok) return scanned;
    const scan = scanned.value;
    const { worldId, logId, entries } = scan;
    const source = { env: this.#env, directory: this.#paths.data, worldId, logId, entries };
    const digest = scan.chain.digest.slice();
    const head = { seq: scan.chain.headSeq, digest, term: scan.chain.term };
    const log = new LogView(source, head);
    const report = { ...this.#report(scan, log, []), markSeq: chain.mark, sealed, damage };
    return ok({ log, report });
  }

  /**
   * Beside a writer, what was read before and a mark that was read after can look like damage
   * between them; at the next look it is gone. Only what stands at the same place twice is damage.
   */
  #scanSettled(): Result<LogScan, AdastraError> {
    let before: LogDamage | undefined;
    for (let attempt = 1; ; attempt++) {
      const found = this.#scanWithRetries();
      const damage = found.ok ? found.value.damage : undefined;
      const isSame = damage?.file === before?.file && damage?.offset === before?.offset;
      if (damage === undefined || isSame || attempt === SETTLE_ATTEMPTS) return found;
      before = damage;
    }
  }

  #scanWithRetries(): Result<LogScan, AdastraError> {
    for (let attempt = 1; ; attempt++) {
      try {
        return scanLog(this.#env, this.#scanOptions());
      } catch (cause) {
        if (attempt === READ_ATTEMPTS || errorCode(cause) !== 'ENOENT') throw cause;
      }
    }
  }

  #scanOptions(): LogScanOptions {
    const { worldId, witnessSeq, options } = this.#options;
    return {
      paths: this.#paths,
      options: resolveLogOptions(options),
      fromSeq: this.#fromSeq,
      ...(worldId === undefined ? {} : { worldId }),
      ...(witnessSeq === undefined ? {} : { witnessSeq }),
    };
  }

  #replaying(): LogScanOptions {
    const onFrame = (segment: number, scanner: SegmentScanner): void => {
      this.#replay(segment, scanner);
    };
    return { ...this.#scanOptions(), onFrame };
  }

  #replay(segment: number, scanner: SegmentScanner): void {
    const { onBatch, fromDigest } = this.#options;
    const { header } = scanner;
    if (fromDigest !== undefined && header.lastSeq === this.#fromSeq) {
      if (equalBytes(header.digest, fromDigest)) this.#fromDigestSeen = true;
    }
    if (onBatch === undefined || !isAfter(header, this.#fromSeq)) return;
    onBatch(this.#batch.show(segment, scanner));
  }

  /** Whatever was read and is kept is on the disk when this returns. */
  #makeDurable(scan: LogScan): SetAside[] {
    const { bad } = scan;
    const last = scan.entries.at(-1) as SegmentEntry;
    if (scan.sealed) {
      // A recovery before this one may have been killed between its rename and its directory sync.
      this.#env.fs.syncDirectory(this.#paths.log);
      return [];
    }
    let files: SetAside[] = [];
    if (bad !== undefined) {
      files = setAside(this.#env, this.#paths, bad, scan.segments, 'torn');
      removeSegmentsAfter(this.#env, this.#paths, last.number, scan.segments);
    }
    copySegment(this.#env, this.#paths, last);
    return files;
  }

  #report(scan: LogScan, log: CommitLog, files: readonly SetAside[]): RecoveryReport {
    const { bad, chain } = scan;
    const bytes = files.reduce((sum, piece) => sum + piece.bytes, 0);
    const fromDigestSeen = this.#sawFromDigest(scan.start);
    return {
      baseSeq: log.baseSeq,
      headSeq: log.headSeq,
      markSeq: chain.mark,
      term: chain.term,
      sealed: scan.sealed,
      segments: scan.entries.length,
      batchCount: scan.batchCount,
      fromDigestSeen,
      torn: bad === undefined || files.length === 0 ? undefined : { ...bad, bytes, files },
      damage: undefined,
    };
  }
  /** Behind a base the digest stands in the header of the first segment, and in no frame. */
  #sawFromDigest(start: SegmentHeader): boolean | undefined {
    const { fromDigest } = this.#options;
    if (fromDigest === undefined) return undefined;
    if (this.#fromDigestSeen) return true;
    return start.firstSeq === this.#fromSeq + 1 && equalBytes(start.previousDigest, fromDigest);
  }
}
