/**
 * Who hears of commits. Live listeners are called once per commit, in seq order, after it is
 * visible and never inside the writer's stack. `changes` reads the log instead, so a slow consumer
 * costs no memory: it only remembers where it is and is woken when there is more.
 */
import { AdastraError, type ChangedKey, type Commit, type Limits } from '../core/index.ts';
import type { Env } from '../env/index.ts';
import { valueOfCell } from '../store/operations/index.ts';
import { commitsOf, type PublishedCommit, withoutSystemKeys } from '../store/transactions/index.ts';
import type { CommitLog } from '../wal/index.ts';
import type { ChangesOptions } from './node-api.ts';
import type { Logger } from './options.ts';

/** One commit as live listeners get it. */
export interface LiveCommit {
  readonly seq: number;
  readonly changes: readonly ChangedKey[];
  /** The whole state was replaced by a snapshot: anything may have changed. */
  readonly reset?: true;
}

export type CommitListener = (commit: LiveCommit) => void;

export interface FeedSource {
  readonly env: Env;
  readonly log: CommitLog;
  readonly limits: Limits;
  readonly logger: Logger | undefined;
  publishedSeq(): number;
}

export class ChangeFeed {
  #source: FeedSource;
  /** Each with the seq that stood when it began: what came before is none of its business. */
  readonly #listeners = new Map<CommitListener, number>();
  readonly #waiting = new Set<() => void>();
  #undelivered: LiveCommit[] = [];
  #closed = false;

  constructor(source: FeedSource) {
    this.#source = source;
  }

  /** Called by the lane for each commit, in order, while its bytes are at hand. */
  published(commit: PublishedCommit): void {
    if (this.#listeners.size > 0) {
      const changes: ChangedKey[] = [];
      for (let entry = commit.first; entry !== undefined; entry = entry.next) {
        const value = valueOfCell(entry.cell);
        changes.push({ key: entry.key, kind: value === undefined ? 'remove' : 'put', value });
      }
      if (this.#undelivered.length === 0) this.#source.env.timers.soon(() => this.#deliver());
      this.#undelivered.push({ seq: commit.seq, changes });
    }
    if (this.#waiting.size > 0) this.#wake();
  }

  /** The log has more, of which nobody heard commit by commit. */
  grew(): void {
    if (this.#waiting.size > 0) this.#wake();
  }

  /** The state was replaced, and with it the log: listeners are told, readers of the log end. */
  follow(source: FeedSource): void {
    this.#deliver();
    this.#source = source;
    for (const listener of this.#listeners.keys()) this.#listeners.set(listener, 0);
    this.#undelivered.push({ seq: source.publishedSeq(), changes: [], reset: true });
    source.env.timers.soon(() => this.#deliver());
    this.#wake();
  }

  /** Returns what ends it; throws `limit_exceeded`. */
  listen(listener: CommitListener): () => void {
    this.checkRoom();
    const own: CommitListener = (commit) => listener(commit);
    this.#listeners.set(own, this.#source.publishedSeq());
    return () => this.#listeners.delete(own);
  }

  /** Throws `limit_exceeded` where no listener may be added; `others` are kept elsewhere. */
  checkRoom(others = 0): void {
    const { listenersMax } = this.#source.limits;
    if (this.#listeners.size + others >= listenersMax) {
      throw new AdastraError('limit_exceeded', `there are ${listenersMax} listeners already`, {
        hint: 'end subscriptions that are no longer needed',
        details: { limitName: 'listenersMax', limit: listenersMax },
      });
    }
  }

  /** Runs `fn` after this turn, as listeners are called; what it throws is logged. */
  soon(fn: () => unknown): void {
    this.#source.env.timers.soon(() => {
      try {
        fn();
      } catch (error) {
        this.#source.logger?.error(`a listener threw: ${String(error)}`);
      }
    });
  }

  /** Live iterators end; listeners hear of what was published and of nothing more. */
  close(): void {
    this.#closed = true;
    this.#wake();
    this.#deliver();
    this.#listeners.clear();
  }

  async *changes(options: ChangesOptions = {}): AsyncGenerator<Commit, void, undefined> {
    const source = this.#source;
    const { log } = source;
    const { signal, live = true, system = false } = options;
    let next = options.from ?? this.#source.publishedSeq() + 1;
    if (!Number.isSafeInteger(next) || next < 0)
      throw new AdastraError('invalid_argument', 'from is a seq');
    for (;;) {
      checkSignal(signal);
      if (this.#closed) return;
      if (source !== this.#source) throw reset();
      if (next <= log.baseSeq && log.baseSeq > 0) throw truncated(next, log.baseSeq);
      const toSeq = this.#source.publishedSeq();
      if (next <= toSeq) {
        for (const batch of log.read(Math.max(next, 1), { toSeq })) {
          for (const { links: _, effects: __, ...commit } of [
            ...commitsOf(batch, { fromSeq: next, toSeq }),
          ]) {
            next = commit.seq + 1;
            const shown = system ? commit : withoutSystemKeys(commit);
            if (shown.events.length > 0 || shown.void !== undefined) yield shown;
            checkSignal(signal);
            if (this.#closed) return;
            if (source !== this.#source) throw reset();
          }
        }
        next = Math.max(next, toSeq + 1);
        continue;
      }
      if (!live) return;
      await this.#more(signal);
    }
  }

  #deliver(): void {
    const commits = this.#undelivered;
    this.#undelivered = [];
    for (const commit of commits) {
      for (const [listener, sinceSeq] of [...this.#listeners]) {
        if (commit.seq <= sinceSeq || !this.#listeners.has(listener)) continue;
        try {
          listener(commit);
        } catch (error) {
          this.#source.logger?.error(`a listener threw at seq ${commit.seq}: ${String(error)}`);
        }
      }
    }
  }

  #more(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener('abort', done);
    });
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new AdastraError('aborted', 'the signal was aborted', { cause: signal.reason });
  }
}

function reset(): AdastraError {
  return new AdastraError('reset', 'the state was replaced by a snapshot of another node', {
    hint: 'read the present state, then begin again with changes()',
  });
}

function truncated(seq: number, baseSeq: number): AdastraError {
  return new AdastraError(
    'history_truncated',
    `commit ${seq} was let go: the log begins behind ${baseSeq}`,
    {
      hint: `begin at ${baseSeq + 1}, or read the present state`,
      details: { seq, baseSeq },
    },
  );
}
