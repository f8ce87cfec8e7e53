/**
 * One bundle of a received frame while it is being looked at, and what became of it.
 */
import {
  type BundleReader,
  MalformedBytes,
  NeedsNewerLevel,
  type SignedHead,
} from '../../core/index.ts';
import type { JudgedBundle } from './bundle-check.ts';
import { type CommitName, type NeededCommit, neededBy } from './bundle-place.ts';

/** Why a bundle of a frame was not applied, or that it was. */
export type BundleOutcome =
  | { readonly kind: 'applied' }
  /** All of it was applied before; its sender may be told so again. */
  | { readonly kind: 'duplicate' }
  /**
   * These are to be applied before it; none is named where it only goes with another bundle of its
   * origin that was not taken.
   */
  | {
      readonly kind: 'waiting';
      readonly missing: readonly CommitName[];
      readonly reason?: string;
    }
  /**
   * Two chains under one name (INV-9). `proven`: the origin's key has signed both; otherwise bytes
   * changed on the way look the same.
   */
  | { readonly kind: 'fork'; readonly fork: CommitName; readonly proven: boolean }
  /** The signature of the head is not that of its origin's key for this world. */
  | { readonly kind: 'forged'; readonly reason: string }
  /** No head in the frame vouches for it. */
  | { readonly kind: 'unsigned'; readonly reason: string }
  /** Its author is no member, or it lies behind the end of its membership: never logged. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Its author lacked what this node has collected tombstones by: a rolled-back image (INV-8). */
  | { readonly kind: 'stale'; readonly unseen: CommitName }
  | { readonly kind: 'malformed'; readonly reason: string }
  /** It uses what this version cannot read: to be held until it is upgraded, not for good. */
  | { readonly kind: 'unsupported'; readonly reason: string };

/** What became of one bundle of a frame. */
export type BundleResult = BundleOutcome & {
  /** `''` where the bundle does not even say so. */
  readonly origin: string;
  readonly firstOriginSeq: number;
  readonly lastOriginSeq: number;
  /** Its commits that were applied without effect, and why. */
  readonly voids: readonly { readonly originSeq: number; readonly reason: string }[];
};

export class FrameItem {
  /** As received, then an own copy. */
  bytes: Uint8Array;
  origin = '';
  firstOriginSeq = 0;
  lastOriginSeq = 0;
  /** What it needs of other origins. */
  needed: readonly NeededCommit[] = [];
  /** Chain digest behind it, once it is known. */
  digest: Uint8Array | undefined = undefined;
  /** The head that ends with it. */
  head: SignedHead | undefined = undefined;
  judged: JudgedBundle | undefined = undefined;
  /** `undefined`: nothing speaks against it so far. */
  outcome: BundleOutcome | undefined = undefined;

  constructor(bytes: Uint8Array, reader: BundleReader) {
    this.bytes = bytes;
    this.outcome = outcomeOfReading(() => {
      reader.open(bytes, 0, bytes.length);
      const { origin, firstOriginSeq, commitCount } = reader;
      this.origin = origin;
      this.firstOriginSeq = firstOriginSeq;
      this.lastOriginSeq = firstOriginSeq + commitCount - 1;
      this.needed = neededBy(reader);
    });
  }

  result(): BundleResult {
    const { origin, firstOriginSeq, lastOriginSeq, outcome } = this;
    const place = { origin, firstOriginSeq, lastOriginSeq };
    return { ...place, ...(outcome as BundleOutcome), voids: this.#voids() };
  }

  #voids(): BundleResult['voids'] {
    const voids: { originSeq: number; reason: string }[] = [];
    if (this.outcome?.kind !== 'applied') return voids;
    this.judged?.reasons.forEach((reason, index) => {
      if (reason !== undefined) voids.push({ originSeq: this.firstOriginSeq + index, reason });
    });
    return voids;
  }
}

/** What is wrong with bytes that `read` cannot read; other errors are thrown. */
export function outcomeOfReading(read: () => void): BundleOutcome | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof MalformedBytes) return { kind: 'malformed', reason: error.message };
    if (error instanceof NeedsNewerLevel) return { kind: 'unsupported', reason: error.message };
    throw error;
  }
}
