/**
 * Work that may wait, one piece in each turn of the event loop: however much of it there is,
 * everybody else gets a turn in between.
 */
export class TurnQueue {
  readonly #jobs = new Set<() => void>();
  #isArmed = false;

  /** Adds `job` once; it runs once. */
  add(job: () => void): void {
    this.#jobs.add(job);
    this.#arm();
  }

  remove(job: () => void): void {
    this.#jobs.delete(job);
  }

  #arm(): void {
    if (this.#isArmed || this.#jobs.size === 0) return;
    this.#isArmed = true;
    setImmediate(() => {
      this.#isArmed = false;
      const [job] = this.#jobs;
      if (job === undefined) return;
      this.#jobs.delete(job);
      this.#arm();
      job();
    });
  }
}
