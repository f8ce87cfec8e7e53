/**
 * Those who listen to one observed thing: what is needed to hear of its changes is begun for the
 * first of them and ended with the last.
 */
import type { Engine } from '../engine/index.ts';

export class SharedListeners {
  readonly #engine: Engine;
  readonly #begin: (tell: () => void) => () => void;
  readonly #listeners = new Set<() => void>();
  #stop: (() => void) | undefined;

  /** `begin` gets what tells all listeners and returns what ends it. */
  constructor(engine: Engine, begin: (tell: () => void) => () => void) {
    this.#engine = engine;
    this.#begin = begin;
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** Returns what ends it; a function that is added twice is called twice. */
  add(listener: () => void): () => void {
    const own = (): void => listener();
    this.#stop ??= this.#begin(() => this.#tellAll());
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }

  /** One that throws must not keep the others from hearing. */
  #tellAll(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        this.#engine.feed.soon(() => {
          throw error;
        });
      }
    }
  }
}
