/**
 * Whole nodes over one memory disk each, for tests of the engine and of worlds of several nodes
 * without any transport: bundles are read from a node's log and handed to another's `receive`.
 */
import { hexOf, validateLimits } from '../../src/core/index.ts';
import { type MemoryEnv, memoryEnv } from '../../src/env/memory/index.ts';
import { NodeCrypto } from '../../src/env/node/index.ts';
import {
  type Engine,
  initializeDirectory,
  type NodeOptions,
  openEngine,
  resolveOptions,
} from '../../src/engine/index.ts';
import {
  bundleRecord,
  type Lane,
  type ReceiveOutcome,
} from '../../src/store/transactions/index.ts';

export const NODE_DIRECTORY = '/data/node';
const CRYPTO = new NodeCrypto();

/** A machine with an empty disk; everything follows from the seed. */
export function newMachine(seed = 1): MemoryEnv {
  return memoryEnv({ seed, crypto: CRYPTO });
}

/** Opens (and makes) the node of a machine. */
export async function openNode(env: MemoryEnv, options: NodeOptions = {}): Promise<Engine> {
  const resolved = resolveOptions({ dataDir: NODE_DIRECTORY, ...options });
  return openEngine(env, NODE_DIRECTORY, resolved, { create: true });
}

/** Opens a node that takes part in the world of `founder`, with an empty log. */
export async function joinNode(
  env: MemoryEnv,
  founder: Engine,
  options: NodeOptions = {},
): Promise<Engine> {
  const worldId = founder.parts.log.worldId;
  await initializeDirectory(env, NODE_DIRECTORY, { worldId, limits: validateLimits() });
  return openNode(env, options);
}

/** Authored bytes of every bundle in the log, own and received, in log order. */
export function bundlesOf(engine: Engine): Uint8Array[] {
  const bundles: Uint8Array[] = [];
  for (const batch of engine.parts.log.read(1)) {
    for (const record of batch.records) {
      const bundle = bundleRecord(record);
      if (bundle === undefined) continue;
      bundles.push(
        new Uint8Array(bundle.source.subarray(bundle.authoredStart, bundle.authoredEnd)),
      );
    }
  }
  return bundles;
}

/** Hands everything that `from` has to `to`, in log order; gives what became of each. */
export async function exchange(from: Engine, to: Engine): Promise<ReceiveOutcome[]> {
  const outcomes: ReceiveOutcome[] = [];
  for (const bundle of bundlesOf(from)) outcomes.push(await to.receive(bundle));
  return outcomes;
}

export function laneOf(engine: Engine): Lane {
  return engine.lane as Lane;
}

/** Everything that converged nodes agree on. */
export function agreement(engine: Engine): { vector: string; state: string; content: string } {
  const { storage } = engine.parts.replica;
  const vector = laneOf(engine)
    .vector.entries()
    .map(([origin, { originSeq, digest }]) => `${origin} ${originSeq} ${hexOf(digest)}`)
    .join('\n');
  return { vector, state: storage.stateHash(), content: storage.contentHash() };
}
