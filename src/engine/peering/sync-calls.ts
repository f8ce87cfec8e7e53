/**
 * The calls of `PeerApi` about sync: state, tick, outbox, why, waiting for others.
 */
import type { Receipt } from '../../core/index.ts';
import type { OutboxEntry, PeerApi, SyncStateInfo, SyncWhy, TickResult } from '../peer-api.ts';
import { clockWarnings } from './clock-warning.ts';
import { commitsAbout, type NamedCommit } from './commit-subject.ts';
import { membersOf } from './member-list.ts';
import type { Peering } from './peering.ts';
import { verdictOf } from './sync-verdict.ts';
import { heldSeqOf, queuedForUnmet } from './unmet-member.ts';
import { waitUntil } from './wait-until.ts';
import { memberNamed } from '../member-name.ts';

export type SyncCalls = Pick<
  PeerApi,
  'syncStateInfo' | 'tick' | 'outbox' | 'syncWhy' | 'whenAcknowledged' | 'whenStable'
>;

export function syncCalls(peering: () => Peering): SyncCalls {
  return {
    syncStateInfo: async () => syncStateOf(peering()),
    tick: async (options) => tick(peering(), options ?? {}),
    outbox: async () => outboxOf(peering()),
    syncWhy: async (subject) => why(peering(), subject),
    whenAcknowledged: async (receipt, options) => whenAcknowledged(peering(), receipt, options),
    whenStable: async (receipt, options) => {
      const { origin, originSeq } = receipt;
      const isStable = (): boolean => peering().driver.sync.view.isStable(origin, originSeq);
      await waitUntil(peering(), isStable, options ?? {});
    },
  };
}

export function syncStateOf(peering: Peering): SyncStateInfo {
  const { driver, warnings, node } = peering;
  const { counters, ...state } = driver.sync.view.state(driver.now());
  const { retried, pruned, batchesSent, batchesReceived, commitsSent } = counters;
  const { commitsReceived, duplicatesReceived, refusedReceived } = counters;
  const { bytesSent, bytesReceived } = counters;
  const { hashMismatches, tombstonesCollected, acknowledged } = counters;
  const conflicts = [...node.replica.storage.conflicts()].length;
  return {
    ...state,
    deadLetters: state.deadLetters + peering.waitingLetters,
    queued: Math.max(state.queued, queuedForUnmet(peering)),
    acknowledged,
    retried,
    pruned,
    batchesSent,
    batchesReceived,
    commitsSent,
    commitsReceived,
    duplicatesReceived,
    refusedReceived,
    bytesSent,
    bytesReceived,
    conflicts,
    tombstonesCollected,
    hashMismatches,
    warnings: [...new Set([...state.warnings, ...clockWarnings(node), ...warnings.list()])],
  };
}

async function tick(
  { driver }: Peering,
  { prune = false }: { readonly prune?: boolean },
): Promise<TickResult> {
  return driver.step({ prune });
}

function outboxOf(peering: Peering): OutboxEntry[] {
  const { driver, node } = peering;
  return membersOf(peering)
    .filter(({ self, state }) => !self && state !== 'closed')
    .map(({ fingerprint: peer, nodeId }) => {
      const sync = driver.sync.view.peer(peer, driver.now());
      return {
        peer,
        nodeId,
        cursorSeq: sync?.cursorSeq ?? heldSeqOf(peering, peer),
        headSeq: node.log.durableSeq,
        commitsRemaining: sync?.commitsRemaining ?? node.log.durableSeq - heldSeqOf(peering, peer),
        bytesRemaining: sync?.bytesRemaining ?? 0,
        inFlight: sync?.inFlight ?? 0,
        state: sync?.state ?? 'offline',
        nextRetryMs: sync?.nextRetryMs,
      };
    });
}

function why(peering: Peering, subject: string): SyncWhy {
  const commits = commitsAbout(peering.node, subject).map((commit) => wayOf(peering, commit));
  const held = peering.driver.sync.view
    .held()
    .flatMap(({ holds }) => holds.map(({ origin, reason }) => ({ origin, reason })));
  return { subject, commits, held, verdict: verdictOf(subject, commits, held) };
}

function wayOf(peering: Peering, commit: NamedCommit): SyncWhy['commits'][number] {
  const { node, driver } = peering;
  const { seq, stamp, originSeq } = commit;
  const origin = commit.origin ?? '';
  const names = new Map(membersOf(peering).map((one) => [one.fingerprint, one.nodeId]));
  const { view } = driver.sync;
  // A changed view is of this node alone: it has no author and goes nowhere.
  const isLocal = commit.origin === undefined;
  return {
    seq,
    origin,
    originSeq,
    author: names.get(origin.slice(0, 32)) ?? origin.slice(0, 8),
    stamp,
    durable: node.log.durableSeq >= seq,
    void: commit.void,
    peers: isLocal
      ? []
      : view
          .why(origin, originSeq)
          .map((place) => ({ ...place, nodeId: names.get(place.peer) ?? place.peer.slice(0, 8) })),
    stable: !isLocal && view.isStable(origin, originSeq),
  };
}

async function whenAcknowledged(
  peering: Peering,
  { origin, originSeq }: Receipt,
  options: Parameters<PeerApi['whenAcknowledged']>[1] = {},
): Promise<void> {
  const { by = 'any' } = options;
  const named =
    typeof by === 'string'
      ? undefined
      : by.map((name) => memberNamed(membersOf(peering), name).fingerprint);
  const has = (peer: string): boolean =>
    peering.driver.sync.view.isAcknowledged(peer, origin, originSeq);
  const others = (): string[] =>
    membersOf(peering)
      .filter(({ self, state }) => !self && state === 'member')
      .map(({ fingerprint }) => fingerprint);
  const isThere = (): boolean => {
    if (originSeq === 0) return true;
    if (named !== undefined) return named.every(has);
    return by === 'all' ? others().every(has) : others().some(has);
  };
  await waitUntil(peering, isThere, options);
}
