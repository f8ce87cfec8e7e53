/**
 * A case of the `Env` contract, and the world it runs in: what the case files share.
 */
import type { Env } from '../env/index.ts';

/** What one case runs in. */
export interface EnvUnderTest {
  readonly env: Env;
  /** Exists and is empty. */
  readonly directory: string;
  /** Lets time pass on a world whose time is virtual; without it the case waits by a timer. */
  readonly elapse?: (ms: number) => Promise<void>;
  cleanup(): void;
}

/** A case before it is bound to a world. */
export interface EnvCase {
  readonly name: string;
  run(world: EnvUnderTest): void | Promise<void>;
}
