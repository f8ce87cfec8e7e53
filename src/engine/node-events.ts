/**
 * Events of a node: health, peers, conflicts, sync. Listeners are called after this turn, never
 * inside the writer's stack; one that throws is logged and does no harm.
 */
import { AdastraError } from '../core/index.ts';
import type { ChangeFeed } from './change-feed.ts';

/** What each event tells. */
export interface NodeEvents {
  /** A failed flush has ended writing, or a projection was set aside. */
  readonly health: {
    readonly state: 'latched' | 'projection_failed';
    readonly error: AdastraError;
  };
  /** A peer was linked or lost, or what is known of it has changed; ask `peers()`. */
  readonly peer: { readonly fingerprint: string };
  /** A key has a conflict (again), or has none any more. */
  readonly conflict: { readonly key: string; readonly open: boolean };
  /** Something of sync has changed; ask `syncStateInfo()`. */
  readonly sync: { readonly state: 'changed' };
}

export type NodeEventName = keyof NodeEvents;
type Listener = (event: never) => void;

const NAMES: readonly NodeEventName[] = ['health', 'peer', 'conflict', 'sync'];

export class EventListeners {
  readonly #feed: ChangeFeed;
  readonly #listeners = new Map<NodeEventName, Set<Listener>>();
  #count = 0;

  constructor(feed: ChangeFeed) {
    this.#feed = feed;
  }

  /** Returns what ends it; throws `invalid_argument`, `limit_exceeded`. */
  on<Name extends NodeEventName>(name: Name, fn: (event: NodeEvents[Name]) => void): () => void {
    if (!NAMES.includes(name)) {
      throw new AdastraError('invalid_argument', `there is no event ${name}`, {
        hint: `events: ${NAMES.join(', ')}`,
      });
    }
    if (typeof fn !== 'function') throw new AdastraError('invalid_argument', 'on takes a function');
    this.#feed.checkRoom(this.#count);
    const own = (event: NodeEvents[Name]): void => fn(event);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(own));
    this.#count++;
    return () => {
      if (listeners.delete(own)) this.#count--;
    };
  }

  emit<Name extends NodeEventName>(name: Name, event: NodeEvents[Name]): void {
    for (const fn of this.#listeners.get(name) ?? []) {
      this.#feed.soon(() => (fn as (event: NodeEvents[Name]) => void)(event));
    }
  }
}
