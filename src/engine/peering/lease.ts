/**
 * Leases: for whom this node keeps its log. A member that is away needs what it lacks; one that was
 * away for longer than its lease no longer keeps others from letting their logs go, and takes a
 * snapshot when it returns. Tombstones never go by a lease (INV-8).
 */
import type { Transport } from '../../transport/index.ts';
import type { AddressBook } from './address-book.ts';
import type { PeeringNode } from './peering-node.ts';
import type { SyncDriver } from './sync-driver.ts';

/** From the last link, or from when the member was first heard of. */
const LEASE_MS = 90 * 24 * 3_600_000;

export interface LeaseParts {
  readonly node: PeeringNode;
  readonly book: AddressBook;
  readonly driver: SyncDriver;
  readonly transport: Transport;
}

/**
 * Commits above the result are needed by a member whose lease lasts, or are on no other member yet:
 * two logs that were let go on both sides of a long absence could never come together again.
 */
export function neededByMembers(parts: LeaseParts): number {
  const { node, book } = parts;
  const { env, lane, identity } = node;
  const nowMs = env.clock.wallMs();
  let needed = Number.POSITIVE_INFINITY;
  let heldByAny: number | undefined;
  for (const { fingerprint, state } of lane.membership.table.members()) {
    if (fingerprint === identity.fingerprint || state !== 'member') continue;
    noteSeen(parts, fingerprint);
    const { seenMs = nowMs, heldSeq = 0 } = book.noteOf(fingerprint);
    heldByAny = Math.max(heldByAny ?? 0, heldSeq);
    if (nowMs - seenMs < LEASE_MS) needed = Math.min(needed, heldSeq);
  }
  book.save();
  return Math.min(needed, heldByAny ?? needed);
}

/** Writes down when a member was last there, and up to where it has this log. */
export function noteSeen({ node, book, driver, transport }: LeaseParts, fingerprint: string): void {
  const nowMs = node.env.clock.wallMs();
  const isLinked = transport.link(fingerprint) !== undefined;
  const { seenMs } = book.noteOf(fingerprint);
  const heldSeq = driver.sync.view.peer(fingerprint, driver.now())?.acknowledgedSeq ?? 0;
  book.seen(fingerprint, isLinked ? nowMs : (seenMs ?? nowMs), heldSeq);
}
