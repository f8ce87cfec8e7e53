/**
 * Watching: subscriptions and observers over the live feed. Each is called once per commit, in seq
 * order, after the commit is visible, never inside the writer's stack.
 */
import { AdastraError, type ChangedKey, checkKey, type Range, type Value } from '../core/index.ts';
import type { Engine, LiveCommit } from '../engine/index.ts';
import { checkRange, inRange } from '../store/transactions/index.ts';

/** One key, or the keys of a range. */
export type Watched = string | Range;

/** What a subscriber is told: the changes of one commit that touch what it watches. */
export interface Change {
  readonly seq: number;
  readonly changes: readonly ChangedKey[];
}

/** The contract of `useSyncExternalStore`: the snapshot keeps its reference until something touches it. */
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
  const stop = engine.feed.listen((commit: LiveCommit) => {
    if (ended) return;
    const changes = commit.changes.filter((change) => matches(change.key));
    if (changes.length > 0) fn({ seq: commit.seq, changes });
  });
  if (options.immediate === true) engine.feed.soon(() => ended || fn(present(engine, watched)));
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
  let current: { readonly value: T } | undefined;
  const listeners = new Set<() => void>();
  let stop: (() => void) | undefined;
  let readAtSeq = -1;
  const refresh = (): void => {
    current = undefined;
    for (const listener of [...listeners]) listener();
  };
  return {
    getSnapshot: () => {
      // Without a listener nothing tells that it changed: read again once the state has moved on.
      if (stop === undefined && readAtSeq !== engine.seq) current = undefined;
      readAtSeq = engine.seq;
      current ??= { value: read() };
      return current.value;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      stop ??= subscribe(engine, watched, refresh);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
  };
}
