/**
 * Every period and every maximum of discovery, with its default. Times in milliseconds, rates per
 * second. Relations that the code relies on are checked by `resolveLimits`.
 */
import { AdastraError } from '../core/index.ts';

/** A rate with the burst that it allows after a pause. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface DiscoveryLimits {
  /** Between two announcements, less or more by up to a fifth. */
  readonly announceMs: number;
  /** Between two looks at the interfaces and at the transport's address. */
  readonly checkMs: number;
  /** Between two probes of this node, at least. */
  readonly probeMs: number;
  /** For so long a reply to a probe is taken. */
  readonly replyMs: number;
  /** Not seen for so long: `stale`, then `expired`, then forgotten. */
  readonly staleMs: number;
  readonly expiredMs: number;
  readonly prunedMs: number;
  /** Nodes in the registry. */
  readonly entriesMax: number;
  /** Nodes that are no members, for each address that they came from. */
  readonly entriesPerSourceMax: number;
  /** Addresses whose rate is kept in mind. */
  readonly sourcesMax: number;
  /** Well-formed datagrams of this world that claim no member's key: all, and from one address. */
  readonly datagrams: Rate;
  readonly datagramsPerSource: Rate;
  /** Those that claim the key of a member: all together. */
  readonly memberDatagrams: Rate;
  /** Signatures checked, for keys of no member. */
  readonly verifications: Rate;
  /** Replies to probes: all, and to one address. */
  readonly replies: Rate;
  readonly repliesPerSource: Rate;
  /** Configured targets, and interfaces in use. */
  readonly targetsMax: number;
  readonly interfacesMax: number;
}

export const DEFAULT_DISCOVERY_LIMITS: DiscoveryLimits = Object.freeze({
  announceMs: 30_000,
  checkMs: 5_000,
  probeMs: 1_000,
  replyMs: 10_000,
  staleMs: 90_000,
  expiredMs: 180_000,
  prunedMs: 360_000,
  entriesMax: 512,
  entriesPerSourceMax: 32,
  sourcesMax: 1_024,
  datagrams: { perSecond: 500, burst: 1_000 },
  datagramsPerSource: { perSecond: 20, burst: 60 },
  memberDatagrams: { perSecond: 500, burst: 1_000 },
  verifications: { perSecond: 100, burst: 200 },
  replies: { perSecond: 50, burst: 100 },
  repliesPerSource: { perSecond: 1, burst: 8 },
  targetsMax: 64,
  interfacesMax: 32,
});

/** Throws `invalid_options` for limits that contradict each other. */
export function resolveLimits(limits: Partial<DiscoveryLimits> = {}): DiscoveryLimits {
  const all = { ...DEFAULT_DISCOVERY_LIMITS, ...limits };
  require(all.announceMs > 0 && all.checkMs > 0 && all.probeMs > 0, 'periods must be above 0');
  require(all.staleMs < all.expiredMs &&
    all.expiredMs < all.prunedMs, 'staleMs < expiredMs < prunedMs');
  require(all.entriesMax >= 1 && all.sourcesMax >= 1, 'entriesMax and sourcesMax must be above 0');
  return all;
}

function require(holds: boolean, rule: string): void {
  if (holds) return;
  throw new AdastraError('invalid_options', `limits of discovery: ${rule}`, {
    details: { option: 'discovery.limits' },
  });
}
