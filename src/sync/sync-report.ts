/**
 * Makes the reports: pure reading, nothing changes by being looked at. A member that was not met
 * since this node was opened is judged by its last signed statement.
 */
import { Vector } from '../core/index.ts';
import type { Now } from './ports.ts';
import type { PeerSession } from './peer-session.ts';
import type { SyncContext } from './sync-context.ts';
import type { CommitPlace, SyncPeerState } from './sync-status.ts';
import { expandVector } from './wire-vector.ts';

export function peerState(context: SyncContext, session: PeerSession, now: Now): SyncPeerState {
  const { outbox, inbox } = session;
  const { window, refusals, rate } = outbox;
  const headSeq = context.host.durableSeq();
  const { acknowledgedSeq } = outbox;
  const commitsRemaining = Math.max(0, headSeq - acknowledgedSeq);
  const bytesRemaining = Math.round(commitsRemaining * context.host.meanCommitBytes());
  const { nextRetryMono } = outbox;
  const connectedMono = session.state === 'offline' ? session.lastConnectedMono : now.mono;
  return {
    fingerprint: session.fingerprint,
    link: session.state,
    acknowledgedSeq,
    cursorSeq: outbox.cursorSeq,
    headSeq,
    commitsRemaining,
    bytesRemaining,
    bytesPerSecond: Math.round(rate.bytesPerSecond(now.mono)),
    etaMs: session.isOpen ? rate.etaMs(bytesRemaining, now.mono) : undefined,
    inFlight: window.commits,
    framesInFlight: window.frames,
    heldThere: refusals.held,
    heldHere: inbox.holds.size,
    refused: refusals.size - refusals.held,
    retries: outbox.retries,
    failures: outbox.failures,
    roundTripMs: session.linkRoundTripMs ?? outbox.roundTripMs,
    clockOffsetMs: session.clockOffsetMs,
    lastError: session.lastError,
    lastConnectedMsAgo: connectedMono === undefined ? undefined : now.mono - connectedMono,
    nextRetryMs: nextRetryMono === undefined ? undefined : Math.max(0, nextRetryMono - now.mono),
    hashes: session.hashes.verdict,
    state: outboxState(context, session, commitsRemaining),
  };
}

function outboxState(
  context: SyncContext,
  session: PeerSession,
  remaining: number,
): SyncPeerState['state'] {
  if (!session.isOpen) return session.state === 'offline' ? 'offline' : 'waiting';
  const isOfPeer = (origin: string): boolean => origin.startsWith(`${session.fingerprint}.`);
  if (context.frozen.origins().some(isOfPeer)) return 'frozen';
  const { outbox } = session;
  if (outbox.window.frames > 0) return outbox.failures > 0 ? 'waiting' : 'sending';
  return remaining > 0 ? 'waiting' : 'idle';
}

/** One commit's place at every other member. */
export function commitPlaces(
  context: SyncContext,
  sessions: ReadonlyMap<string, PeerSession>,
  commit: { readonly origin: string; readonly originSeq: number },
): CommitPlace[] {
  const { host } = context;
  return host
    .members()
    .filter(({ fingerprint, state }) => fingerprint !== host.fingerprint && state !== 'closed')
    .map(({ fingerprint: peer }) => ({
      peer,
      ...place(context, sessions.get(peer), peer, commit),
    }));
}

function place(
  context: SyncContext,
  session: PeerSession | undefined,
  peer: string,
  { origin, originSeq }: { readonly origin: string; readonly originSeq: number },
): Pick<CommitPlace, 'state' | 'reason'> {
  if (isAcknowledged(context, session, peer, origin, originSeq)) {
    return { state: 'acknowledged', reason: undefined };
  }
  if (session === undefined || !session.isOpen) {
    const reason = session?.lastError ?? 'not connected';
    return { state: session === undefined ? 'unknown' : 'queued', reason };
  }
  const { outbox } = session;
  if (outbox.vectors.reach.originSeqOf(origin) >= originSeq) {
    return { state: 'received', reason: 'not durable there yet' };
  }
  if (context.frozen.has(origin)) return { state: 'refused', reason: 'its origin is frozen here' };
  const refusal = outbox.refusals.blocking(origin, originSeq);
  if (refusal !== undefined) {
    return { state: 'refused', reason: `${refusal.kind}: ${refusal.reason}` };
  }
  if (outbox.window.has(origin, originSeq)) return { state: 'inFlight', reason: undefined };
  const reason = outbox.belowFloor ? 'below the floor of the log: it needs a snapshot' : undefined;
  return { state: 'queued', reason: reason ?? (outbox.congested ? 'it reads slowly' : undefined) };
}

/** Whether this member is known to have the commit durably. */
export function isAcknowledged(
  context: SyncContext,
  session: PeerSession | undefined,
  peer: string,
  origin: string,
  originSeq: number,
): boolean {
  if (session !== undefined && session.outbox.vectors.assured.originSeqOf(origin) >= originSeq) {
    return true;
  }
  const said = context.statements.of(peer)?.vector ?? new Vector();
  if (said.originSeqOf(origin) >= originSeq) return true;
  return expandVector(said, context.predecessorOf).originSeqOf(origin) >= originSeq;
}

/** What of this node's own work a peer holds until a time, or has frozen. */
function notTaken({ host }: SyncContext, { fingerprint, outbox }: PeerSession): string[] {
  return outbox.refusals
    .all()
    .filter(({ origin }) => origin.startsWith(`${host.fingerprint}.`))
    .filter(({ kind, untilMs }) => kind === 'fork' || (kind === 'held' && untilMs > 0))
    .map(({ origin, originSeq, kind, reason }) => {
      return `${fingerprint} does not take ${origin}/${originSeq}: ${kind}: ${reason}`;
    });
}

/** What an operator should know, one sentence each. */
export function warnings(context: SyncContext, sessions: readonly PeerSession[]): string[] {
  const found: string[] = [];
  for (const origin of context.frozen.origins()) found.push(`the origin ${origin} is frozen`);
  const { overflow } = context.deadLetters;
  if (overflow > 0) found.push(`${overflow} dead letters did not fit the list`);
  const drift = context.host.driftLimitMs();
  for (const session of sessions) {
    const { fingerprint, clockOffsetMs, state, hashes } = session;
    found.push(...notTaken(context, session));
    if (clockOffsetMs !== undefined && Math.abs(clockOffsetMs) > drift) {
      found.push(`the clock of ${fingerprint} differs by ${Math.round(clockOffsetMs / 1000)} s`);
    }
    if (state === 'upgrade_needed') found.push(`${fingerprint} has no world level in common`);
    if (hashes.verdict === 'different')
      found.push(`${fingerprint} has another state at one vector`);
  }
  return found;
}
