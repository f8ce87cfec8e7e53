/**
 * What a repair found, kept and gave up, for people and for programs. It is written down before the
 * repair takes effect, so that one that a crash cut off can still say it.
 */

/** Where the node starts from after a repair. */
export type RepairSource = 'prefix' | 'checkpoint' | 'checkpoints-only';

export interface RepairReport {
  /**
   * `prefix`: the log ends before the first bad place. `checkpoint`: a new log begins behind a
   * checkpoint. `checkpoints-only`: the log was whole, bad checkpoints were set aside.
   */
  readonly source: RepairSource;
  /** The first bad place; files as names in `log/`, or `checkpoints/…`. */
  readonly bad: { readonly file: string; readonly offset: number; readonly reason: string };
  /** The last commit before it in the old log. */
  readonly lastGoodSeq: number;
  /** The log now begins behind this seq: below it history is `history_truncated`. */
  readonly baseSeq: number;
  /** The last commit now. */
  readonly headSeq: number;
  /** Commits that stand in the log now, local notes not counted. */
  readonly keptCommits: number;
  /** From the first to the last commit that is lost, in seqs of the old log. */
  readonly lost: { readonly fromSeq: number; readonly throughSeq: number } | undefined;
  /**
   * How many: behind a checkpoint some of that span may have been kept, for not depending on what
   * is lost; from the first that is lost on they have lower seqs than before.
   */
  readonly lostCommits: number;
  /** What was moved or copied to `aside/`. */
  readonly setAside: readonly { readonly file: string; readonly bytes: number }[];
  /** Bytes set aside. */
  readonly bytes: number;
}
