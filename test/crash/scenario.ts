/**
 * The node under test: tiny limits, so that a few dozen commits fill several segments; its levels;
 * and one way to open it on any disk. Every opening draws from another seed, as real randomness
 * does.
 */
import type { Durability } from '../../src/core/index.ts';
import { type Engine, openEngine, resolveOptions } from '../../src/engine/index.ts';
import type { Env } from '../../src/env/index.ts';
import { memoryEnv, type MemoryEnv, type MemoryFileSystem } from '../../src/env/memory/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import { defineOperation } from '../../src/store/operations/index.ts';

/** Where the node lives: two names below the root, so that a parent has to be made durable too. */
export const DATA = '/home/node';

/** `mixed`: the level changes from write to write. */
export type Level = Durability | 'mixed';
export const LEVELS: readonly Level[] = ['always', 'interval', 'os', 'mixed'];

const MIXED: readonly Durability[] = ['always', 'os', 'interval', 'os', 'always'];

/** Level of the write with this number. */
export function levelOf(level: Level, number: number): Durability {
  return level === 'mixed' ? (MIXED[number % MIXED.length] as Durability) : level;
}

/** A planted fault: what the node is given instead of its environment. */
export type Plant = (env: MemoryEnv) => Env;

export interface Scenario {
  readonly level: Level;
  /** Commits of log that are kept; without it nothing is let go. */
  readonly keep?: number | undefined;
  readonly plant?: Plant | undefined;
  /** Limits as they are by default, for what takes megabytes. */
  readonly roomy?: boolean | undefined;
}

/** Moves a value: reads one key, writes two. */
const move = defineOperation<{ from: string; to: string }, void>({
  name: 'move',
  version: 3,
  handler: (context, { from, to }) => {
    const value = context.get(from);
    if (value === undefined) throw new Error(`nothing at ${from}`);
    context.put(to, value);
    context.remove(from);
  },
});

const crypto = new NodeCrypto();
let openings = 0;

/** A world of its own on this disk; `disk.env` drives it, `env` is what the node gets. */
export function environment(
  fileSystem: MemoryFileSystem,
  plant: Plant | undefined,
): { env: Env; drive: MemoryEnv } {
  const drive = memoryEnv({ seed: ++openings, crypto, fileSystem });
  return { env: plant?.(drive) ?? drive, drive };
}

const TINY = {
  keyBytesMax: 64,
  valueBytesMax: 2048,
  metadataBytesMax: 64,
  commitBytesMax: 6400,
  bundleBytesMax: 4096,
  segmentBytes: 6400,
};

/** Opens the node of a scenario, making it where there is none. */
export function openNode(env: Env, { level, keep, roomy }: Scenario): Promise<Engine> {
  const options = resolveOptions({
    dataDir: DATA,
    nodeId: 'node',
    durability: level === 'mixed' ? 'always' : level,
    operations: [move],
    retention: { commits: keep },
    limits: roomy === true ? {} : TINY,
  });
  return openEngine(env, DATA, options, { create: true });
}
