/**
 * Own commits that are void, kept as dead letters. Peers report them once, when they take them, and
 * what sync remembers of that ends with the process: so they go to the file of letters, which does
 * not, and stay there until somebody commits them anew or drops them. An honest author has none.
 */
import { AdastraError } from '../core/index.ts';
import { commitsOf } from '../store/transactions/index.ts';
import type { DeadLetterMark, SyncEngine } from '../sync/index.ts';
import type { CommitLog } from '../wal/index.ts';
import type { Logger } from './options.ts';
import type { DeadLetterFile, WaitingLetter } from './rebuild/dead-letters.ts';
import { originalOf } from './rebuild/originals.ts';

export interface VoidLetterParts {
  readonly log: CommitLog;
  readonly letters: DeadLetterFile;
  readonly logger: Logger | undefined;
}

export class VoidLetters {
  /** Reports that are not about void commits, looked up once. */
  #others: ReadonlySet<string> = new Set();

  /** Writes down what is new among the reports. */
  keep(sync: SyncEngine, { log, letters, logger }: VoidLetterParts): void {
    const reports = sync.view.deadLetters();
    if (reports.every(({ id }) => this.#others.has(id))) return;
    const found = voidAmong(log, reports);
    try {
      letters.add([...found.values()]);
    } catch (error) {
      // A full disk, or a full file: they are shown as long as the process lives.
      logger?.warn(`dead letters: ${AdastraError.is(error) ? error.message : String(error)}`);
      return;
    }
    for (const id of found.keys()) sync.settleDeadLetter(id);
    this.#others = new Set(reports.map(({ id }) => id).filter((id) => !found.has(id)));
  }
}

function voidAmong(
  log: CommitLog,
  reports: readonly DeadLetterMark[],
): ReadonlyMap<string, WaitingLetter> {
  const reasons = new Map(reports.map(({ id, reason }) => [id, reason]));
  const found = new Map<string, WaitingLetter>();
  const window = { fromSeq: log.baseSeq + 1, toSeq: log.headSeq };
  for (const batch of log.read(window.fromSeq)) {
    for (const commit of commitsOf(batch, window)) {
      const { origin, originSeq } = commit;
      const id = `${origin}/${originSeq}`;
      const why = reasons.get(id);
      if (why === undefined || origin === undefined || commit.void === undefined) continue;
      found.set(id, { original: originalOf(log, commit, origin), why });
    }
  }
  return found;
}
