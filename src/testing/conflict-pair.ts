/**
 * Two whole nodes of one world in memory, for the last case of the policy contract: both write a
 * key apart, hear of each other, one resolves, and then the conflict must be over on both, with the
 * same value. Bundles are handed over by hand; there is no transport and no time.
 */
import { BundleReader, type SignedHead, validateLimits } from '../core/index.ts';
import { type Engine, initializeDirectory, openEngine, resolveOptions } from '../engine/index.ts';
import { memoryEnv } from '../env/memory/index.ts';
import type { PolicyDefinition } from '../store/operations/index.ts';
import { admitMember, bundleRecord, type Lane, signHead } from '../store/transactions/index.ts';
import { check, checkEqual } from './contract-case.ts';
import type { PolicySample, SampleSibling } from './policy-sample.ts';
import { toyCrypto } from './toy-crypto.ts';

const DIRECTORY = '/node';
const KEY = 'sample';
const CRYPTO = toyCrypto();

interface Pair {
  readonly left: Engine;
  readonly right: Engine;
}

/** Rejects if a resolve leaves a conflict, or different values, on one of two nodes. */
export async function resolveEndsConflict(
  policy: PolicyDefinition,
  samples: readonly PolicySample[],
): Promise<void> {
  for (const [one, two] of samples) {
    if (one === undefined || two === undefined) continue;
    const pair = await openPair(policy);
    try {
      await resolveIn(pair, one, two);
    } finally {
      await pair.left.close();
      await pair.right.close();
    }
  }
}

async function resolveIn(
  { left, right }: Pair,
  one: SampleSibling,
  two: SampleSibling,
): Promise<void> {
  await left.put(KEY, 'before');
  await hand(left, right);
  await Promise.all([write(left, one), write(right, two)]);
  await hand(left, right);
  await hand(right, left);
  const values = [await left.get(KEY), await right.get(KEY)];
  checkEqual(textOf(values[0]), textOf(values[1]), 'what two nodes show of one conflict');
  await left.put(KEY, 'resolved');
  await hand(left, right);
  for (const node of [left, right]) {
    const entry = await node.getEntry(KEY);
    check(entry?.siblings.length === 1 && entry.value === 'resolved', 'a conflict that is over');
  }
}

async function write(node: Engine, sibling: SampleSibling): Promise<void> {
  if (sibling.kind === 'put') await node.put(KEY, sibling.value);
  else await node.remove(KEY);
}

/** Values of every type as text, for comparing. */
function textOf(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ??
    'nothing'
  );
}

async function openPair(policy: PolicyDefinition): Promise<Pair> {
  const options = resolveOptions({ dataDir: DIRECTORY, policies: [policy] });
  const open = (env: ReturnType<typeof memoryEnv>): Promise<Engine> =>
    openEngine(env, DIRECTORY, options, { create: true });
  const left = await open(memoryEnv({ seed: 1, crypto: CRYPTO }));
  const env = memoryEnv({ seed: 2, crypto: CRYPTO });
  const { worldId } = left.parts.log;
  await initializeDirectory(env, DIRECTORY, { worldId, limits: validateLimits() });
  const right = await open(env);
  const { fingerprint, publicKey, nodeId } = right.parts.identity;
  const role = 'admin';
  await admitMember(left.lane as Lane, { fingerprint, publicKey, nodeId, role, scopes: undefined });
  const { name, version } = policy;
  const rule = { policy: 'custom', name, version };
  await left.writable().transactSystem((tx) => tx.put('$policy/', rule));
  await hand(left, right);
  return { left, right };
}

/** Gives one node all that the other wrote. */
async function hand(from: Engine, to: Engine): Promise<void> {
  const { worldId } = from.parts.log;
  const { identity } = from.parts;
  const reader = new BundleReader();
  const bundles: Uint8Array[] = [];
  const heads = new Map<string, SignedHead>();
  for (const batch of from.parts.log.read(1)) {
    for (const record of batch.records) {
      const bundle = bundleRecord(record);
      if (bundle === undefined || bundle.received) continue;
      const { source, digestStart, authoredStart, authoredEnd } = bundle;
      reader.open(source, authoredStart, authoredEnd);
      bundles.push(new Uint8Array(source.subarray(authoredStart, authoredEnd)));
      const { origin, firstOriginSeq, commitCount } = reader;
      const digest = new Uint8Array(source.subarray(digestStart, digestStart + 32));
      const originSeq = firstOriginSeq + commitCount - 1;
      heads.set(origin, signHead(CRYPTO, identity, worldId, { origin, originSeq, digest }));
    }
  }
  for (const { kind } of await to.receiveFrame(bundles, [...heads.values()])) {
    check(kind === 'applied' || kind === 'duplicate', `a bundle applied, not ${kind}`);
  }
}
