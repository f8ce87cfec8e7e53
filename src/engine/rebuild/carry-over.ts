/**
 * Hands every bundle of an old log that a new lane lacks to it, unchanged and in log order, as sync
 * would hand it to a peer: own incarnations of before are received like those of others, with
 * signed heads, and decided anew (design § 9). What cannot be taken is told.
 */
import type { Env } from '../../env/index.ts';
import {
  type BundleResult,
  type Lane,
  receiveFrame,
  signHead,
} from '../../store/transactions/index.ts';
import type { CommitLog } from '../../wal/index.ts';
import type { NodeIdentity } from '../identity.ts';
import { readOutbox } from '../peering/outbox-reader.ts';

const FRAME_BYTES = 1024 * 1024;

/** A run of one origin that was not taken over. */
export interface LeftOut {
  readonly origin: string;
  readonly firstOriginSeq: number;
  readonly lastOriginSeq: number;
  readonly reason: string;
}

export interface CarriedOver {
  readonly commits: number;
  readonly leftOut: readonly LeftOut[];
}

/** Tells bundles that are not to be handed over at all. */
export type LeavesOut = (origin: string, firstOriginSeq: number, lastOriginSeq: number) => boolean;

const LEFT_OUT_MAX = 10_000;

/** Throws what reading and writing throw. Holds a frame at a time. */
export async function carryOver(
  env: Env,
  log: CommitLog,
  lane: Lane,
  { identity, leavesOut }: { identity: NodeIdentity; leavesOut: LeavesOut },
): Promise<CarriedOver> {
  const sign = (origin: string, originSeq: number, digest: Uint8Array) =>
    signHead(env.crypto, identity, log.worldId, { origin, originSeq, digest });
  const source = { log, fingerprint: identity.fingerprint, sign };
  const leftOut: LeftOut[] = [];
  let commits = 0;
  for (let seq = log.baseSeq + 1; seq <= log.headSeq; ) {
    const read = readOutbox(source, seq, {
      toSeq: log.headSeq,
      vector: lane.admittedVector.copy(),
      skips: leavesOut,
      bytesMax: FRAME_BYTES,
      largestMax: Number.POSITIVE_INFINITY,
    });
    for (const result of await receiveFrame(lane, read.bundles, read.heads)) {
      if (result.kind === 'applied') commits += result.lastOriginSeq - result.firstOriginSeq + 1;
      else if (result.kind !== 'duplicate') note(leftOut, result);
    }
    if (read.lastSeq < seq) break;
    seq = read.lastSeq + 1;
  }
  await lane.flush();
  return { commits, leftOut };
}

function note(leftOut: LeftOut[], result: BundleResult): void {
  if (leftOut.length >= LEFT_OUT_MAX) return;
  const { origin, firstOriginSeq, lastOriginSeq, kind } = result;
  const reason = 'reason' in result && result.reason !== undefined ? `: ${result.reason}` : '';
  leftOut.push({ origin, firstOriginSeq, lastOriginSeq, reason: `${kind}${reason}` });
}
