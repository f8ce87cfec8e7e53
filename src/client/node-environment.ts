/**
 * The environment that a client runs in: the real one, or the same with a file system in memory.
 * The one place of the library that reaches for the platform.
 */
import type { Env } from '../env/index.ts';
import { MemoryFileSystem } from '../env/memory/index.ts';
import { nodeEnv } from '../env/node/index.ts';

/** Where a node in memory has its directory. */
export const MEMORY_DIRECTORY = '/memory/adastra';

/** The real world. */
export function realEnvironment(): Env {
  return nodeEnv();
}

/** The real clock, timers and randomness over files that are gone with the process. */
export function memoryEnvironment(): Env {
  const env = nodeEnv();
  return {
    ...env,
    fs: new MemoryFileSystem({ crashModel: false, soon: (fn) => env.timers.soon(fn) }),
  };
}
