/**
 * What of a received frame is to be applied, found out before anything is: which bundles are new,
 * whether the origins' keys vouch for them, whether each is in its place, whether its commits are
 * valid, each by its causal past with the bundles of the frame before it. An origin goes all or
 * nothing up to its signed head; one of which a bundle cannot be taken is left out, and so is what
 * has seen it. Changes nothing of the lane.
 */
import { BundleReader, equalBytes, type SignedHead } from '../../core/index.ts';
import { judgeBundle } from './bundle-check.ts';
import { misplaced, type Reach } from './bundle-place.ts';
import { chainedBundle } from './chain-digest.ts';
import { type BundleOutcome, FrameItem, outcomeOfReading } from './frame-item.ts';
import type { Lane } from './lane.ts';
import type { MembershipTable } from './membership.ts';
import type { SeenTable } from './seen-table.ts';
import { verifyHead } from './signed-head.ts';
import { staleOf } from './stale-image.ts';

/** How far the frame reaches as it is gone through, above what the lane has. */
class FrameReach implements Reach {
  readonly #base: Reach;
  readonly #ends = new Map<string, { originSeq: number; digest: Uint8Array }>();

  constructor(base: Reach) {
    this.#base = base;
  }

  originSeqOf(origin: string): number {
    return this.#ends.get(origin)?.originSeq ?? this.#base.originSeqOf(origin);
  }

  digestOf(origin: string): Uint8Array {
    return this.#ends.get(origin)?.digest ?? this.#base.digestOf(origin);
  }

  advance(origin: string, originSeq: number, digest: Uint8Array): void {
    this.#ends.set(origin, { originSeq, digest });
  }
}

export class FramePlan {
  /** In the order of the frame. */
  readonly items: readonly FrameItem[];
  readonly #lane: Lane;
  readonly #base: Reach;
  readonly #reader = new BundleReader();
  readonly #byOrigin = new Map<string, FrameItem[]>();
  readonly #heads = new Map<string, SignedHead>();
  readonly #table: MembershipTable;
  readonly #seen: SeenTable;
  #leftOut = 0;

  constructor(lane: Lane, bundles: readonly Uint8Array[], heads: readonly SignedHead[]) {
    this.#lane = lane;
    this.#base = lane.admittedVector;
    this.#table = lane.membership.table.branch();
    this.#seen = lane.parts.seen.branch();
    for (const head of heads) {
      const other = this.#heads.get(head.origin);
      if (other === undefined || other.originSeq < head.originSeq)
        this.#heads.set(head.origin, head);
    }
    this.items = bundles.map((bytes) => new FrameItem(bytes, this.#reader));
    this.#sortOut();
    for (const [origin, items] of this.#byOrigin) this.#prove(origin, items);
    const reach = new FrameReach(this.#base);
    for (const item of this.items) if (item.outcome === undefined) this.#judge(item, reach);
    this.#settle();
  }

  /** Takes an origin out of the plan, and what has seen it. */
  leaveOut(item: FrameItem, outcome: BundleOutcome): void {
    item.outcome = outcome;
    this.#leftOut++;
    const reason = `a bundle of its origin is ${outcome.kind}`;
    for (const other of this.#byOrigin.get(item.origin) ?? []) {
      other.outcome ??= { kind: 'waiting', missing: [], reason };
    }
  }

  /** Finds out again what has seen an origin that was left out. */
  #settle(): void {
    for (let before = 0; before < this.#leftOut; ) {
      before = this.#leftOut;
      for (const item of this.items) {
        if (item.outcome !== undefined) continue;
        const missing = item.needed.filter(({ origin, originSeq }) =>
          this.#lacks(origin, originSeq),
        );
        if (missing.length > 0) this.leaveOut(item, { kind: 'waiting', missing });
      }
    }
  }

  /** Whether a commit is neither here nor to be applied with this frame. */
  #lacks(origin: string, originSeq: number): boolean {
    if (this.#base.originSeqOf(origin) >= originSeq) return false;
    return !(this.#byOrigin.get(origin) ?? []).some(
      ({ outcome, lastOriginSeq }) => outcome === undefined && lastOriginSeq >= originSeq,
    );
  }

  /** Parts what is new from what is here already, by origin. */
  #sortOut(): void {
    const ends = new Map<string, number>();
    for (const item of this.items) {
      if (item.outcome !== undefined) continue;
      const { origin, lastOriginSeq } = item;
      const end = ends.get(origin) ?? this.#base.originSeqOf(origin);
      if (lastOriginSeq <= end) {
        item.outcome = this.#isOtherChain(origin)
          ? this.#forkOf(origin, lastOriginSeq)
          : { kind: 'duplicate' };
        continue;
      }
      ends.set(origin, lastOriginSeq);
      const others = this.#byOrigin.get(origin);
      if (others === undefined) this.#byOrigin.set(origin, [item]);
      else others.push(item);
    }
  }

  /** Whether a head names the end that is here and means another chain. */
  #isOtherChain(origin: string): boolean {
    const head = this.#heads.get(origin);
    if (head === undefined || head.originSeq !== this.#base.originSeqOf(origin)) return false;
    return !equalBytes(head.digest, this.#base.digestOf(origin)) && this.#verifies(head);
  }

  #forkOf(origin: string, originSeq: number): BundleOutcome {
    const { parts } = this.#lane;
    const head = this.#heads.get(origin);
    const isSigned = head?.originSeq === this.#base.originSeqOf(origin);
    // What is here of others came with a signature as well; what is own is known to be.
    const isOwn = origin === parts.author.originText;
    const proven = isSigned && (isOwn || parts.heads.of(origin)?.originSeq === head.originSeq);
    return { kind: 'fork', fork: { origin, originSeq }, proven };
  }

  /** Whether the origin's key vouches for its new bundles; the chain is computed here, once. */
  #prove(origin: string, items: readonly FrameItem[]): void {
    const [first] = items as [FrameItem];
    const head = this.#heads.get(origin);
    if (head === undefined) {
      this.leaveOut(first, { kind: 'unsigned', reason: 'the frame has no head of its origin' });
      return;
    }
    if (!this.#verifies(head)) {
      this.leaveOut(first, { kind: 'forged', reason: 'the signature is not that of its origin' });
      return;
    }
    // Nobody else writes under this opening's name: somebody woke an image of this process (INV-9).
    if (origin === this.#lane.parts.author.originText) {
      const fork = { origin, originSeq: first.firstOriginSeq };
      this.leaveOut(first, { kind: 'fork', fork, proven: true });
      return;
    }
    this.#chain(items, head);
  }

  #chain(items: readonly FrameItem[], head: SignedHead): void {
    const { origin } = head;
    const { crypto } = this.#lane.parts.env;
    let end = this.#base.originSeqOf(origin);
    let digest = this.#base.digestOf(origin);
    let last: FrameItem | undefined;
    for (const item of items) {
      const { firstOriginSeq, lastOriginSeq } = item;
      if (firstOriginSeq > end + 1) {
        const missing = [{ origin, originSeq: firstOriginSeq - 1 }];
        this.leaveOut(item, { kind: 'waiting', missing });
        return;
      }
      if (firstOriginSeq <= end) {
        const fork = { origin, originSeq: firstOriginSeq };
        this.leaveOut(item, { kind: 'fork', fork, proven: false });
        return;
      }
      if (lastOriginSeq > head.originSeq) {
        item.outcome = { kind: 'unsigned', reason: `the head ends at ${head.originSeq}` };
        continue;
      }
      ({ bytes: item.bytes, digest } = chainedBundle(crypto, digest, item.bytes));
      item.digest = digest;
      end = lastOriginSeq;
      last = item;
    }
    if (last === undefined) return;
    if (end !== head.originSeq) {
      const reason = `the frame ends at ${end}, the head at ${head.originSeq}`;
      this.leaveOut(last, { kind: 'unsigned', reason });
    } else if (!equalBytes(digest, head.digest)) {
      const fork = { origin, originSeq: end };
      this.leaveOut(last, { kind: 'fork', fork, proven: false });
    } else last.head = head;
  }

  /** Places and judges a bundle behind everything of the frame before it. */
  #judge(item: FrameItem, reach: FrameReach): void {
    let outcome: BundleOutcome | undefined;
    const unread = outcomeOfReading(() => {
      outcome = this.#judged(item, reach);
    });
    const found = unread ?? outcome;
    if (found !== undefined) this.leaveOut(item, found);
    else reach.advance(item.origin, item.lastOriginSeq, item.digest as Uint8Array);
  }

  #judged(item: FrameItem, reach: FrameReach): BundleOutcome | undefined {
    const reader = this.#reader;
    const { bytes, origin, lastOriginSeq, needed } = item;
    reader.open(bytes, 0, bytes.length);
    const wrong = misplaced(reach, reader, needed);
    if (wrong?.kind === 'waiting') return wrong;
    // What its author signed names the other chain; what is here came with a signature as well.
    if (wrong !== undefined) return { ...wrong, proven: true };
    const { collected } = this.#lane.parts;
    const unseen = staleOf({ collected, seen: this.#seen }, reader);
    this.#seen.note(reader);
    const covers = (other: string, originSeq: number): boolean =>
      this.#seen.hasSeen(origin, other, originSeq);
    const table = this.#table;
    // Before what it lacks: others forget tombstones without waiting for a member that was closed.
    if (table.isBeyondEnd(origin, lastOriginSeq, covers)) {
      return { kind: 'refused', reason: 'it lies behind the end of its membership' };
    }
    if (unseen !== undefined) return { kind: 'stale', unseen };
    const judged = judgeBundle(bytes, { table, covers, world: this.#lane.membership.world });
    if (typeof judged === 'string') return { kind: 'refused', reason: judged };
    item.judged = judged;
    return undefined;
  }

  #verifies(head: SignedHead): boolean {
    const { env, log } = this.#lane.parts;
    return verifyHead(env.crypto, log.worldId, head);
  }
}
