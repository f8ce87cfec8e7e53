/**
 * Whole nodes over one memory disk each, for tests of the engine and of worlds of several nodes
 * without any transport: bundles are read from a node's log, signed by their authors' keys and
 * handed to another node.
 */
import {
  BundleReader,
  hexOf,
  MalformedBytes,
  NeedsNewerLevel,
  type Role,
  type SeenEntry,
  type SignedHead,
  validateLimits,
} from '../../src/core/index.ts';
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
  admitMember,
  bundleRecord,
  type BundleResult,
  chainDigest,
  type Lane,
  receiveFrame,
} from '../../src/store/transactions/index.ts';
import { PLANTED_KEY } from './planted-bundle.ts';
import { headBy, noteSigner, type PlantedKey } from './planted-key.ts';

export const NODE_DIRECTORY = '/data/node';
const CRYPTO = new NodeCrypto();

/** A machine with an empty disk; everything follows from the seed. */
export function newMachine(seed = 1): MemoryEnv {
  return memoryEnv({ seed, crypto: CRYPTO });
}

/** Opens (and makes) the node of a machine. */
export async function openNode(env: MemoryEnv, options: NodeOptions = {}): Promise<Engine> {
  const resolved = resolveOptions({ dataDir: NODE_DIRECTORY, ...options });
  const engine = await openEngine(env, NODE_DIRECTORY, resolved, { create: true });
  const { identity } = engine.parts;
  noteSigner(identity.fingerprint, identity);
  return engine;
}

/** Opens a node with an empty log in the world of `founder`, which knows nothing of it. */
export async function strangerNode(
  env: MemoryEnv,
  founder: Engine,
  options: NodeOptions = {},
): Promise<Engine> {
  const worldId = founder.parts.log.worldId;
  await initializeDirectory(env, NODE_DIRECTORY, { worldId, limits: validateLimits() });
  return openNode(env, options);
}

/** What a member is to be. */
export interface Admitted {
  readonly role?: Role;
  readonly scopes?: readonly string[];
}

/** Opens a node that `founder`, an admin, admits and hands all that it has. */
export async function joinNode(
  env: MemoryEnv,
  founder: Engine,
  options: NodeOptions = {},
  { role = 'write', scopes }: Admitted = {},
): Promise<Engine> {
  const node = await strangerNode(env, founder, options);
  const { fingerprint, publicKey, nodeId } = node.parts.identity;
  await admitMember(laneOf(founder), { fingerprint, publicKey, nodeId, role, scopes });
  await exchange(founder, node);
  return node;
}

/** Admits an author that does not exist; what it must have seen to be a member. */
export async function admitPlanted(
  admin: Engine,
  { role = 'write', scopes }: Admitted = {},
  { fingerprint, publicKey }: PlantedKey = PLANTED_KEY,
): Promise<SeenEntry[]> {
  await admitMember(laneOf(admin), { fingerprint, publicKey, nodeId: 'planted', role, scopes });
  return seenOf(admin, fingerprint);
}

/** Everything that a node has, as an author that has applied it names it. */
export function seenOf(engine: Engine, author = ''): SeenEntry[] {
  const others = laneOf(engine)
    .vector.entries()
    .filter(([origin]) => author === '' || !origin.startsWith(author));
  return others.map(([origin, { originSeq, digest }]) => ({
    origin,
    originSeq,
    digestHead: digest.slice(0, 8),
  }));
}

/** One bundle of a log with its place in its origin's chain. */
export interface LoggedBundle {
  readonly bytes: Uint8Array;
  readonly origin: string;
  readonly lastOriginSeq: number;
  readonly digest: Uint8Array;
}

/** Every bundle in the log, own and received, in log order. */
export function loggedBundles(engine: Engine): LoggedBundle[] {
  const bundles: LoggedBundle[] = [];
  const reader = new BundleReader();
  for (const batch of engine.parts.log.read(engine.parts.log.baseSeq + 1)) {
    for (const record of batch.records) {
      const bundle = bundleRecord(record);
      if (bundle === undefined) continue;
      const { source, digestStart, authoredStart, authoredEnd } = bundle;
      reader.open(source, authoredStart, authoredEnd);
      bundles.push({
        bytes: new Uint8Array(source.subarray(authoredStart, authoredEnd)),
        origin: reader.origin,
        lastOriginSeq: reader.firstOriginSeq + reader.commitCount - 1,
        digest: new Uint8Array(source.subarray(digestStart, digestStart + 32)),
      });
    }
  }
  return bundles;
}

/** Authored bytes of every bundle in the log, own and received, in log order. */
export function bundlesOf(engine: Engine): Uint8Array[] {
  return loggedBundles(engine).map(({ bytes }) => bytes);
}

/** Bundles and the heads that vouch for them. */
export interface Frame {
  readonly bundles: readonly Uint8Array[];
  readonly heads: readonly SignedHead[];
}

/** Bundles of a node's log from the one at `from` on, at most `count`, as one frame. */
export function frameOf(engine: Engine, from = 0, count: number = Number.POSITIVE_INFINITY): Frame {
  const bundles = loggedBundles(engine).slice(from, from + count);
  const last = new Map(bundles.map((bundle) => [bundle.origin, bundle]));
  const { worldId } = engine.parts.log;
  const heads = [...last.values()].map(({ origin, lastOriginSeq, digest }) =>
    headBy(worldId, { origin, originSeq: lastOriginSeq, digest }),
  );
  return { bundles: bundles.map(({ bytes }) => bytes), heads };
}

/** Hands a frame to a node. */
export function give(to: Engine, { bundles, heads }: Frame): Promise<readonly BundleResult[]> {
  return receiveFrame(laneOf(to), bundles, heads);
}

/** Hands everything that `from` has to `to`; gives what became of each bundle. */
export function exchange(from: Engine, to: Engine): Promise<readonly BundleResult[]> {
  return give(to, frameOf(from));
}

/** Hands over one bundle, with a head as if what `to` has were its author's own chain. */
export async function receive(to: Engine, bundle: Uint8Array): Promise<BundleResult> {
  const [result] = await receiveFrame(laneOf(to), [bundle], headsFor(to, bundle));
  return result as BundleResult;
}

function headsFor(to: Engine, bundle: Uint8Array): SignedHead[] {
  const reader = new BundleReader();
  try {
    reader.open(bundle, 0, bundle.length);
  } catch (error) {
    if (error instanceof MalformedBytes || error instanceof NeedsNewerLevel) return [];
    throw error;
  }
  const { origin, firstOriginSeq, commitCount } = reader;
  const originSeq = firstOriginSeq + commitCount - 1;
  const vector = laneOf(to).admittedVector;
  const here = vector.digestOf(origin);
  const isHere = vector.originSeqOf(origin) >= originSeq;
  const digest = isHere ? here : chainDigest(CRYPTO, here, bundle);
  return [headBy(to.parts.log.worldId, { origin, originSeq, digest })];
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
