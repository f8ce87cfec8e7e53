/**
 * A received bundle enters the lane. It is checked as bytes from a stranger, placed by its author's
 * chain, and decided key by key against what the lane sees; what was decided goes into the log as
 * effects, so that replay decides nothing (INV-5). Checked here: shape, canonical values, the
 * author's chain, and that the vector covers what the author had seen (causal order, INV-7).
 * Signatures, membership, roles and clock drift come with sync.
 */
import {
  AdastraError,
  BundleReader,
  ByteWriter,
  CHAIN_START,
  equalBytes,
  MalformedBytes,
  NeedsNewerLevel,
  type Vector,
} from '../../core/index.ts';
import type { Crypto } from '../../env/index.ts';
import { checkCommits } from './bundle-check.ts';
import { BundleDecision, RECORD_BYTES_MAX } from './bundle-decision.ts';
import type { Lane } from './lane.ts';
import { WORLD_LIMITS_KEY, worldLimits } from './world-limits.ts';

/** What became of a received bundle. */
export type ReceiveOutcome =
  | { readonly kind: 'applied'; readonly commits: number; readonly void: number }
  /** All of it was applied before; its sender may be told so again. */
  | { readonly kind: 'duplicate' }
  /** The vector does not cover what its author had seen: these are missing. */
  | { readonly kind: 'waiting'; readonly missing: readonly { origin: string; originSeq: number }[] }
  /** The origin's chain is another one here: two commits under one name (INV-9). */
  | { readonly kind: 'fork'; readonly origin: string; readonly originSeq: number }
  | { readonly kind: 'malformed'; readonly reason: string }
  /**
   * It uses what this version cannot read: to be held until it is upgraded, not refused for good.
   */
  | { readonly kind: 'unsupported'; readonly reason: string };

/** Chain digest behind a bundle: SHA-256(digest before ‖ u32 length ‖ bytes). */
export function chainDigest(crypto: Crypto, before: Uint8Array, bytes: Uint8Array): Uint8Array {
  const writer = new ByteWriter(bytes.length + 36);
  writer.bytes(before);
  writer.u32(bytes.length);
  writer.bytes(bytes);
  return crypto.sha256(writer.view());
}

/** Checks, decides and admits one bundle; resolves when it is durable here. */
export async function receiveBundle(lane: Lane, bytes: Uint8Array): Promise<ReceiveOutcome> {
  lane.checkWritable();
  const reader = new BundleReader();
  let reasons: (string | undefined)[];
  try {
    reader.open(bytes, 0, bytes.length);
    const placed = placeBundle(lane.admittedVector, reader);
    if (placed !== undefined) return placed;
    const { origin, firstOriginSeq: originSeq } = reader;
    // Nobody else writes under this opening's name: somebody woke an image of this process (INV-9).
    if (origin === lane.parts.author.originText) return { kind: 'fork', origin, originSeq };
    reasons = checkCommits(bytes, worldLimits(lane.overlay.get(WORLD_LIMITS_KEY)));
  } catch (error) {
    if (error instanceof MalformedBytes) return { kind: 'malformed', reason: error.message };
    if (error instanceof NeedsNewerLevel) return { kind: 'unsupported', reason: error.message };
    throw error;
  }
  // An own copy: the lane's cells point into it until they are published.
  return await admitBundle(lane, new Uint8Array(bytes), reasons);
}

async function admitBundle(
  lane: Lane,
  bytes: Uint8Array,
  reasons: readonly (string | undefined)[],
): Promise<ReceiveOutcome> {
  const { crypto } = lane.parts.env;
  const decided = new BundleDecision(lane, bytes).run(reasons);
  const { origin, lastOriginSeq } = decided;
  const before = lane.admittedVector.digestOf(origin);
  const digest = chainDigest(crypto, before, bytes);
  const { commits, localPart, voided } = decided;
  const recordBytes = bytes.length + localPart.length;
  if (recordBytes > RECORD_BYTES_MAX) throw tooLarge(recordBytes);
  const commitCount = commits.length;
  await lane.admitReceived(
    { bytes, origin, commitCount, lastOriginSeq, digest, localPart },
    commits,
  );
  return { kind: 'applied', commits: commitCount, void: voided };
}

/** `undefined` where the bundle is the next of its origin and everything it has seen is here. */
function placeBundle(vector: Vector, reader: BundleReader): ReceiveOutcome | undefined {
  const { origin, firstOriginSeq, commitCount } = reader;
  const applied = vector.originSeqOf(origin);
  if (firstOriginSeq + commitCount - 1 <= applied) return { kind: 'duplicate' };
  if (firstOriginSeq <= applied) return { kind: 'fork', origin, originSeq: firstOriginSeq };
  const missing: { origin: string; originSeq: number }[] = [];
  if (firstOriginSeq > applied + 1) missing.push({ origin, originSeq: firstOriginSeq - 1 });
  const { predecessor } = reader;
  const seen = [...reader.seen];
  if (predecessor) {
    const { origin: before, lastOriginSeq, digestHead } = predecessor;
    seen.push({ origin: before, originSeq: lastOriginSeq, digestHead });
  }
  for (const entry of seen) {
    const here = vector.originSeqOf(entry.origin);
    if (here < entry.originSeq) missing.push({ origin: entry.origin, originSeq: entry.originSeq });
    else if (
      here === entry.originSeq &&
      !sameHead(vector.digestOf(entry.origin), entry.digestHead)
    ) {
      return { kind: 'fork', origin: entry.origin, originSeq: entry.originSeq };
    }
  }
  return missing.length > 0 ? { kind: 'waiting', missing } : undefined;
}

function sameHead(digest: Uint8Array, head: Uint8Array): boolean {
  return digest !== CHAIN_START && equalBytes(digest.subarray(0, head.length), head);
}

function tooLarge(actual: number): AdastraError {
  return new AdastraError('limit_exceeded', `a received bundle takes ${actual} bytes here`, {
    details: { limitName: 'received bundle', limit: RECORD_BYTES_MAX, actual },
  });
}
