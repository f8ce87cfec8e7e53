/**
 * What is told of the exchange with other members: what each of them still lacks, and sums.
 */
import type { NodeMeters, PeerStatus, SyncStateInfo } from '../../engine/index.ts';
import { type Family, type Labels, single } from './exposition.ts';

/** Nothing for a node without peers. */
export function peerFamilies({ peers, sync, transport }: NodeMeters): Family[] {
  if (sync === undefined) return [];
  return [
    byPeer(peers, 'adastra_outbox_commits', 'Commits that this member lacks.', (peer) => [
      peer.commitsRemaining,
    ]),
    byPeer(peers, 'adastra_outbox_bytes', 'Bytes of those, estimated.', (peer) => [
      peer.bytesRemaining,
    ]),
    byPeer(peers, 'adastra_outbox_in_flight', 'Commits sent and not acknowledged.', (peer) => [
      peer.inFlight,
    ]),
    byPeer(peers, 'adastra_peer_connected', 'Whether a link to this member is up.', (peer) => [
      peer.state === 'connected' ? 1 : 0,
    ]),
    byPeer(peers, 'adastra_peer_round_trip_seconds', 'Time to this member and back.', (peer) =>
      peer.roundTripMs === undefined ? [] : [peer.roundTripMs / 1000],
    ),
    ...syncFamilies(sync),
    single('gauge', 'adastra_links', 'Links to other members.', transport?.links),
  ];
}

function byPeer(
  peers: readonly PeerStatus[],
  name: string,
  help: string,
  valueOf: (peer: PeerStatus) => readonly number[],
): Family {
  const samples = peers.flatMap((peer) => {
    const labels: Labels = { peer: peer.fingerprint, node: peer.nodeId };
    return valueOf(peer).map((value) => ({ labels, value }));
  });
  return { type: 'gauge', name, help, samples };
}

function syncFamilies(sync: SyncStateInfo): Family[] {
  const { commitsSent, commitsReceived, bytesSent, bytesReceived, refusedReceived } = sync;
  const both = (sent: number, received: number): Family & { readonly type: 'counter' } => ({
    type: 'counter',
    name: '',
    help: '',
    samples: [
      { labels: { direction: 'sent' }, value: sent },
      { labels: { direction: 'received' }, value: received },
    ],
  });
  return [
    {
      ...both(commitsSent, commitsReceived),
      name: 'adastra_sync_commits_total',
      help: 'Commits exchanged with members.',
    },
    {
      ...both(bytesSent, bytesReceived),
      name: 'adastra_sync_bytes_total',
      help: 'Bytes of bundles exchanged with members.',
    },
    single('counter', 'adastra_sync_retries_total', 'Bundles sent again.', sync.retried),
    single('counter', 'adastra_sync_refused_total', 'Bundles refused for good.', refusedReceived),
    single(
      'counter',
      'adastra_sync_hash_mismatches_total',
      'Comparisons in which states differed.',
      sync.hashMismatches,
    ),
    single('gauge', 'adastra_sync_dead_letters', 'Own commits to decide on.', sync.deadLetters),
    single('gauge', 'adastra_sync_held', 'Bundles that wait for others.', sync.held),
    single('gauge', 'adastra_stable_seq', 'Every member has the log up to it.', sync.stableSeq),
  ];
}
