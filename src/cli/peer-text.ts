/**
 * The parts of a node that have to do with others, in words: links, transport, discovery, sync.
 * What other nodes say of themselves is cleaned on its way.
 */
import type {
  DiscoveryStatus,
  PeerStatus,
  SyncStateInfo,
  TransportStatus,
} from '../engine/index.ts';
import { cleanText } from './clean-text.ts';
import { shortFingerprint } from './members.ts';
import { duration, grouped, size } from './tables.ts';

/** Heads of the columns that `peerRow` gives. */
export const PEER_HEADS: readonly string[] = ['node', 'key', 'role', 'state', 'behind', 'details'];

/** One peer as a row of a table. */
export function peerRow(peer: PeerStatus): readonly string[] {
  return [
    cleanText(peer.nodeId),
    shortFingerprint(peer.fingerprint),
    peer.role,
    stateText(peer),
    peer.commitsRemaining === 0 ? 'no' : behindText(peer),
    detailsOf(peer).map(cleanText).join(', '),
  ];
}

function stateText({ state, membership, direction }: PeerStatus): string {
  const way = state === 'connected' && direction !== undefined ? ` (${direction})` : '';
  return membership === 'member' ? `${state}${way}` : `${state}${way}, ${membership}`;
}

function behindText({ commitsRemaining, bytesRemaining, etaMs }: PeerStatus): string {
  const eta = etaMs === undefined ? '' : `, ${duration(etaMs)} left`;
  const commits = commitsRemaining === 1 ? 'commit' : 'commits';
  return `${grouped(commitsRemaining)} ${commits} (${size(bytesRemaining)}${eta})`;
}

function detailsOf(peer: PeerStatus): string[] {
  const { address, roundTripMs, clockOffsetMs, held, lastError, lastConnectedMsAgo } = peer;
  const details: string[] = [];
  if (address !== undefined) details.push(address);
  if (roundTripMs !== undefined) details.push(`round trip ${duration(roundTripMs)}`);
  if (clockOffsetMs !== undefined && Math.abs(clockOffsetMs) >= 1000) {
    const way = clockOffsetMs > 0 ? 'ahead' : 'behind';
    details.push(`its clock is ${duration(Math.abs(clockOffsetMs))} ${way}`);
  }
  if (held > 0) details.push(`${grouped(held)} held`);
  if (lastError !== undefined) details.push(lastError);
  if (peer.state !== 'connected' && lastConnectedMsAgo !== undefined) {
    details.push(`last seen ${duration(lastConnectedMsAgo)} ago`);
  }
  return details;
}

/** Where the node listens for others. */
export function transportText(transport: Partial<TransportStatus>): string {
  const { state = 'off', host, port, links, error } = transport;
  if (error !== undefined) return cleanText(`${state}: ${error.message} (${error.code})`);
  if (state !== 'running') return state;
  const open = links === undefined ? '' : `, ${links} ${links === 1 ? 'link' : 'links'}`;
  return `${addressOf(transport) ?? `${host}:${port}`}${open}`;
}

/** `host:port` of a transport that listens. */
export function addressOf({ state, host, port }: Partial<TransportStatus>): string | undefined {
  if (state !== 'running' || host === undefined || port === undefined) return undefined;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether and where it looks for others. */
export function discoveryText(discovery: Partial<DiscoveryStatus>): string {
  const { state = 'off', port, interfaces = [], known = 0, error, warnings = [] } = discovery;
  if (error !== undefined) return cleanText(`${state}: ${error.message} (${error.code})`);
  if (state !== 'running') return state;
  const where = interfaces.length === 0 ? '' : ` on ${interfaces.join(', ')}`;
  return cleanText([`port ${port}${where}`, `${known} known`, ...warnings].join(', '));
}

/** How sync stands, in one line. */
export function syncText(sync: Partial<SyncStateInfo>): string {
  const { state = 'off', queued = 0, held = 0, deadLetters = 0, stableSeq } = sync;
  if (state === 'off') return state;
  const parts = [state, `${grouped(queued)} queued`];
  if (held > 0) parts.push(`${grouped(held)} held`);
  if (deadLetters > 0) parts.push(`${grouped(deadLetters)} dead letters`);
  if (stableSeq !== undefined) parts.push(`all members have seq ${stableSeq}`);
  return parts.join(', ');
}
