/**
 * A frame of bundles that others authored enters the lane: planned as a whole (`FramePlan`), then
 * decided bundle by bundle against what the lane sees; what was decided goes into the log as
 * effects, so that replay decides nothing (INV-5), with the signed head right behind the bundles
 * that it covers. Clock drift and whom to take frames from are the matter of sync.
 */
import { AdastraError, type SignedHead } from '../../core/index.ts';
import { BundleDecision, RECORD_BYTES_MAX } from './bundle-decision.ts';
import type { BundleResult, FrameItem } from './frame-item.ts';
import { FramePlan } from './frame-plan.ts';
import type { Lane } from './lane.ts';

export interface ReceiveOptions {
  /**
   * Called once, inside the call, when what is taken of the frame is applied and not yet durable:
   * another frame may be given then.
   */
  readonly onApplied?: ((results: readonly BundleResult[]) => void) | undefined;
}

/**
 * Takes a frame: whole bundles in causal order, every one covered by a head in the same frame.
 * Resolves with what became of each when all that was applied is durable here. What is wrong with
 * the frame is told by results and never thrown; it throws what refuses every write (`closed`,
 * `latched`, `overloaded`) and rejects with what the disk says. Several frames may be given before
 * the first is durable.
 */
export async function receiveFrame(
  lane: Lane,
  bundles: readonly Uint8Array[],
  heads: readonly SignedHead[],
  options: ReceiveOptions = {},
): Promise<readonly BundleResult[]> {
  lane.checkWritable();
  const plan = new FramePlan(lane, bundles, heads);
  const durable: Promise<void>[] = [];
  for (const item of plan.items) {
    if (item.outcome !== undefined) continue;
    const admitted = admitItem(lane, item);
    // Whoever fails first tells; the others must not be left without a listener.
    admitted.catch(() => {});
    durable.push(admitted);
  }
  const results = plan.items.map((item) => item.result());
  options.onApplied?.(results);
  await Promise.all(durable);
  return results;
}

function admitItem(lane: Lane, item: FrameItem): Promise<void> {
  const { bytes, judged, head } = item;
  const { reasons, statements } = judged as NonNullable<FrameItem['judged']>;
  const decided = new BundleDecision(lane, bytes).run(reasons);
  const { origin, lastOriginSeq, commits, localPart } = decided;
  const recordBytes = bytes.length + localPart.length;
  if (recordBytes > RECORD_BYTES_MAX) throw tooLarge(recordBytes);
  item.outcome = { kind: 'applied' };
  const commitCount = commits.length;
  const digest = item.digest as Uint8Array;
  return lane.admitReceived(
    { bytes, origin, commitCount, lastOriginSeq, digest, localPart, statements, head },
    commits,
  );
}

function tooLarge(actual: number): AdastraError {
  return new AdastraError('limit_exceeded', `a received bundle takes ${actual} bytes here`, {
    details: { limitName: 'received bundle', limit: RECORD_BYTES_MAX, actual },
  });
}
