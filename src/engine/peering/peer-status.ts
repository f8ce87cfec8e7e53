/**
 * What is to be said of one peer: membership, link, sync, and what it says of itself.
 */
import type { DialTarget } from '../../transport/index.ts';
import type { MemberInfo, PeerStatus } from '../peer-api.ts';
import { formatHostPort } from './host-port.ts';
import type { Peering } from './peering.ts';
import { heldSeqOf } from './unmet-member.ts';

type PeerMember = Pick<MemberInfo, 'fingerprint' | 'nodeId' | 'role' | 'state'>;

export function peerStatus(
  peering: Peering,
  { fingerprint, nodeId, role, state: membership }: PeerMember,
  target: DialTarget | undefined,
): PeerStatus {
  const { driver, transport } = peering;
  const link = transport.link(fingerprint);
  const sync = driver.sync.view.peer(fingerprint, driver.now());
  const [known] = peering.addressesOf(fingerprint);
  const heldSeq = heldSeqOf(peering, fingerprint);
  const lastError = link === undefined ? target?.lastError?.message : undefined;
  return {
    fingerprint,
    nodeId,
    role,
    membership,
    state: stateOf({ isLinked: link !== undefined, isFrozen: sync?.state === 'frozen', target }),
    address: link === undefined ? known : formatHostPort(link.address),
    direction: link?.direction,
    metadata: peering.metadataOf(fingerprint),
    acknowledgedSeq: sync?.acknowledgedSeq ?? heldSeq,
    commitsRemaining: sync?.commitsRemaining ?? peering.node.log.durableSeq - heldSeq,
    bytesRemaining: sync?.bytesRemaining ?? 0,
    bytesPerSecond: sync?.bytesPerSecond ?? 0,
    etaMs: sync?.etaMs,
    inFlight: sync?.inFlight ?? 0,
    held: (sync?.heldHere ?? 0) + (sync?.heldThere ?? 0),
    retries: sync?.retries ?? 0,
    roundTripMs: link?.roundTripMs ?? sync?.roundTripMs,
    clockOffsetMs: link?.clockOffsetMs ?? sync?.clockOffsetMs,
    lastError: lastError ?? sync?.lastError,
    lastConnectedMsAgo: sync?.lastConnectedMsAgo,
    nextAttemptMs: link === undefined ? target?.nextAttemptMs : undefined,
  };
}

function stateOf(known: {
  readonly isLinked: boolean;
  readonly isFrozen: boolean;
  readonly target: DialTarget | undefined;
}): PeerStatus['state'] {
  if (known.isFrozen) return 'frozen';
  if (known.isLinked) return 'connected';
  if (known.target?.state === 'connecting') return 'connecting';
  return known.target === undefined || known.target.nextAttemptMs === undefined
    ? 'offline'
    : 'waiting';
}
