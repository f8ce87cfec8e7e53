/**
 * Finds out what replay uses: while a batch of the log is applied to L1, the clock, timers and
 * randomness of the node's environment, those of the process, and every operation and validator of
 * the application are traps that note the call and throw. Outside of that moment all work as ever.
 */
import { vi } from 'vitest';
import type { Env } from '../../src/env/index.ts';
import type { AnyOperation } from '../../src/store/operations/index.ts';
import { Replay } from '../../src/store/transactions/index.ts';
import { trapped } from '../../src/testing/determinism-trap.ts';

export class ReplayTrap {
  /** What was used that must not be. */
  readonly used: string[] = [];
  /** How many batches were applied under the trap. */
  batches = 0;
  #isArmed = false;

  /**
   * From now on each batch is applied under the trap, behind `breach`; `vi.restoreAllMocks` ends
   * it.
   */
  set(breach: () => void = () => {}): void {
    const apply = Replay.prototype.apply;
    const guard = (act: () => void): void => this.#guard(act);
    vi.spyOn(Replay.prototype, 'apply').mockImplementation(function guarded(
      this: Replay,
      ...args: Parameters<Replay['apply']>
    ) {
      guard(() => {
        breach();
        apply.apply(this, args);
      });
    });
  }

  /** The environment with a trap in each thing that replay may not ask. */
  env(env: Env): Env {
    const { clock, random, timers } = env;
    return {
      ...env,
      clock: {
        wallMs: this.#watched('env.clock.wallMs', () => clock.wallMs()),
        monoMs: this.#watched('env.clock.monoMs', () => clock.monoMs()),
      },
      random: { bytes: this.#watched('env.random.bytes', (count: number) => random.bytes(count)) },
      timers: {
        after: this.#watched('env.timers.after', (ms: number, fn: () => void) =>
          timers.after(ms, fn),
        ),
        soon: this.#watched('env.timers.soon', (fn: () => void) => timers.soon(fn)),
      },
    };
  }

  /** The operation with a trap in its handler and in its validator. */
  operation(operation: AnyOperation): AnyOperation {
    const { name, version, args, handler } = operation;
    const watched: AnyOperation = {
      name,
      version,
      handler: this.#watched(`operation ${name}`, handler),
    };
    if (args === undefined) return watched;
    const validate = this.#watched(`validator of ${name}`, args['~standard'].validate);
    return { ...watched, args: { '~standard': { version: 1, vendor: 'test', validate } } };
  }

  #watched<Args extends readonly unknown[], Result>(
    what: string,
    act: (...args: Args) => Result,
  ): (...args: Args) => Result {
    return (...args) => {
      if (!this.#isArmed) return act(...args);
      this.used.push(what);
      throw new Error(`replay used ${what}`);
    };
  }

  #guard(act: () => void): void {
    this.batches++;
    let thrown: unknown;
    const globals = trapped(() => {
      this.#isArmed = true;
      try {
        act();
      } catch (error) {
        thrown = error;
      } finally {
        this.#isArmed = false;
      }
    });
    this.used.push(...globals);
    if (thrown !== undefined) throw thrown;
  }
}
