/**
 * What passed through a lane: commits, how long their callers waited, how many went in one write,
 * what failed. Counting is meant to be free beside a commit: times are kept per run of commits, not
 * one for each, and nothing is allocated once a batch has been used before.
 */
import { Histogram, type HistogramReading, sumOfReadings } from '../../core/index.ts';
import type { Clock } from '../../env/index.ts';

/** Seconds; from a flush that the disk answers from its cache to one that hangs. */
const SECOND_BOUNDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];
const GROUP_BOUNDS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384];

/** When the commits of one batch were admitted, in runs of commits that share a time. */
export class AdmissionTimes {
  readonly #ms: number[] = [];
  readonly #commits: number[] = [];

  /** One more commit, admitted at `ms` of the monotonic clock. */
  note(ms: number): void {
    const last = this.#ms.length - 1;
    if (last >= 0 && this.#ms[last] === ms) {
      this.#commits[last] = (this.#commits[last] as number) + 1;
      return;
    }
    this.#ms.push(ms);
    this.#commits.push(1);
  }

  /** Notes how long each has waited by `nowMs`, in seconds; how many there were. */
  tell(seconds: Histogram, nowMs: number): number {
    let count = 0;
    for (let index = 0; index < this.#ms.length; index++) {
      const commits = this.#commits[index] as number;
      seconds.note((nowMs - (this.#ms[index] as number)) / 1000, commits);
      count += commits;
    }
    return count;
  }

  reset(): void {
    this.#ms.length = 0;
    this.#commits.length = 0;
  }
}

/** So many commits of one turn of the event loop share a reading of the clock. */
const COMMITS_PER_READING = 32;

/** Counts of one node; they outlive the lane when its state is replaced. */
export class LaneMeter {
  /** From a commit's admission until it is in the log at its level and visible. */
  readonly seconds: Histogram = new Histogram(SECOND_BOUNDS);
  /** Commits of one batch, which is one write. */
  readonly groups: Histogram = new Histogram(GROUP_BOUNDS);
  /** Commits of this node's own callers. */
  own = 0;
  /** Commits of others, and what this node logs by itself. */
  others = 0;
  #ms = 0;
  #uses = 0;
  #turn = 0;
  #syncsBefore: HistogramReading | undefined;
  readonly #failed = new Map<string, number>();
  /** The last batch that the disk did not take, by the monotonic clock. */
  failedAtMs: number | undefined = undefined;

  /**
   * When a commit is admitted: a clock costs more than all other counting, so it is read once for a
   * run of commits. `turn` names the turn of the event loop; 0 where nobody knows.
   */
  admissionMs(clock: Clock, turn: number): number {
    const isSameTurn = turn !== 0 && turn === this.#turn;
    if (isSameTurn && this.#uses++ < COMMITS_PER_READING) return this.#ms;
    this.#uses = 0;
    this.#turn = turn;
    this.#ms = clock.monoMs();
    return this.#ms;
  }

  /** A batch is published. */
  committed(times: AdmissionTimes, commits: number, nowMs: number): void {
    const own = times.tell(this.seconds, nowMs);
    this.own += own;
    this.others += commits - own;
    if (commits > 0) this.groups.note(commits);
    this.failedAtMs = undefined;
  }

  /** Commits that were admitted and are not in the log, or nobody knows. */
  failed(code: string, commits: number, nowMs: number): void {
    this.#failed.set(code, (this.#failed.get(code) ?? 0) + commits);
    this.failedAtMs = nowMs;
  }

  /** The log is about to be replaced: what it counted stays counted. */
  keepSyncs(syncs: HistogramReading | undefined): void {
    this.#syncsBefore = this.allSyncs(syncs);
  }

  /** Flushes of this log and of those before it. */
  allSyncs(syncs: HistogramReading | undefined): HistogramReading | undefined {
    const before = this.#syncsBefore;
    return before === undefined || syncs === undefined ? syncs : sumOfReadings(before, syncs);
  }

  /** Commits by the code of what became of them. */
  failures(): ReadonlyMap<string, number> {
    return this.#failed;
  }
}
