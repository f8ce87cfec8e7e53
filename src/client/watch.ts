/**
 * Watching: subscriptions and observers over the live feed. Each is called once per commit, in seq
 * order, after the commit is visible, never inside the writer's stack.
 */
import { AdastraError, type ChangedKey, checkKey, type Range, type Value } from '../core/index.ts';
import { checkRange, type Engine, inRange, type LiveCommit } from '../engine/index.ts';
import { SharedListeners } from './shared-listeners.ts';

/** One key, or the keys of a range. */
export type Watched = string | Range;

/** What a subscriber is told: the changes of one commit that touch what it watches. */
export interface Change {
  readonly seq: number;
  readonly changes: readonly ChangedKey[];
  /**
   * The whole state was replaced by a snapshot of another node: `changes` is all that is there now,
   * and what is not in it is gone.
   */
  readonly reset?: true;
}

/**
 * The contract of `useSyncExternalStore`: the snapshot keeps its reference until something touches
 * it.
 */
export interface Observed<T> {
  getSnapshot(): T;
  subscribe(listener: () => void): () => void;
}

/** Whether a key is watched. */
function matcher(watched: Watched): (key: string) => boolean {
  if (typeof watched === 'string') {
    checkKey(watched);
    return (key) => key === watched;
  }
  checkRange(watched);
  return (key) => inRange(key, watched);
}

export function subscribe(
  engine: Engine,
  watched: Watched,
  fn: (change: Change) => void,
  options: { readonly immediate?: boolean } = {},
): () => void {
  if (typeof fn !== 'function')
    throw new AdastraError('invalid_argument', 'subscribe takes a function');
  const matches = matcher(watched);
  let ended = false;
  // What is there is told first; commits that it shows already are not told again.
  let shownSeq = options.immediate === true ? Number.POSITIVE_INFINITY : 0;
  const stop = engine.feed.listen((commit: LiveCommit) => {
    if (ended) return;
    if (commit.reset === true) return fn({ ...present(engine, watched), reset: true });
    if (commit.seq <= shownSeq) return;
    const changes = commit.changes.filter((change) => matches(change.key));
    if (changes.length > 0) fn({ seq: commit.seq, changes });
  });
  if (options.immediate === true) {
    engine.feed.soon(() => {
      if (ended) return;
      shownSeq = engine.seq;
      fn(present(engine, watched));
    });
  }
  return () => {
    ended = true;
    stop();
  };
}

/** What is there now, as if one commit had put it. */
function present(engine: Engine, watched: Watched): Change {
  const { seq } = engine;
  if (typeof watched !== 'string') {
    const entries = [...engine.reads.list(watched)];
    return { seq, changes: entries.map(([key, value]) => ({ key, kind: 'put', value })) };
  }
  const value = engine.reads.get(watched);
  const kind = value === undefined ? 'remove' : 'put';
  return { seq, changes: [{ key: watched, kind, value }] };
}

export function observeKey(engine: Engine, key: string): Observed<Value | undefined> {
  return observe(engine, key, () => engine.reads.get(key));
}

export function observeRange(engine: Engine, range: Range): Observed<readonly [string, Value][]> {
  return observe(engine, range, () => [...engine.reads.list(range)]);
}

function observe<T>(engine: Engine, watched: Watched, read: () => T): Observed<T> {
  if (typeof watched === 'string') checkKey(watched);
  else checkRange(watched);
  let current: { readonly value: T; readonly seq: number; readonly touched: string } | undefined;
  const listeners = new SharedListeners(engine, (tell) =>
    subscribe(engine, watched, () => {
      current = undefined;
      tell();
    }),
  );
  const take = (): T => {
    current ??= { value: read(), seq: engine.seq, touched: touchedBy(engine, watched) };
    return current.value;
  };
  /** Where nobody listened nothing told that it changed: the seqs of its keys do. */
  const checkTouched = (): void => {
    if (current === undefined || current.seq === engine.seq) return;
    if (current.touched !== touchedBy(engine, watched)) current = undefined;
    else current = { ...current, seq: engine.seq };
  };
  return {
    getSnapshot: () => {
      if (listeners.isEmpty) checkTouched();
      return take();
    },
    subscribe: (listener) => {
      if (listeners.isEmpty) checkTouched();
      return listeners.add(listener);
    },
  };
}

/** Differs whenever a commit has touched what is watched. */
function touchedBy(engine: Engine, watched: Watched): string {
  if (typeof watched === 'string') return String(engine.reads.lastSeq(watched));
  const { seq, keys } = engine.reads.lastSeqIn(watched);
  return `${seq}/${keys}`;
}
