/**
 * Writing statements about members and limits: each under a key of its own, naming what it comes
 * after as the lane sees it. What every node would hold to be void is refused here, before the log:
 * `not_found` for a subject that is no member, `already_exists` for one that is, `condition_failed`
 * for one whose membership has ended, `forbidden` for all that this node may not say.
 */
import {
  AdastraError,
  hexOf,
  INCARNATION_BYTES,
  type Receipt,
  type Role,
  type Value,
} from '../../core/index.ts';
import type { Lane } from './lane.ts';
import { PRESENT } from './membership.ts';
import type { Standing } from './standing.ts';
import { FORK_PREFIX, memberKey } from './statement.ts';
import type { Transaction } from './transaction.ts';
import { WORLD_LIMITS_KEY, type WorldLimits } from './world-limits.ts';
import { Writes } from './writes.ts';

const ID_BYTES = 16;

/** Who is to be a member. */
export interface NewMember {
  /** 32 hex characters: the head of SHA-256 of `publicKey`. */
  readonly fingerprint: string;
  readonly publicKey: Uint8Array;
  readonly nodeId: string;
  readonly role: Role;
  /** Key prefixes that it may write; `undefined`: all. */
  readonly scopes?: readonly string[] | undefined;
}

/**
 * Admits a member, or admits one again whose membership has ended. Resolves when it is in the log;
 * throws `already_exists` for a member and `forbidden` where this node is no admin.
 */
export function admitMember(lane: Lane, member: NewMember): Promise<Receipt> {
  const { fingerprint, publicKey, nodeId, role, scopes } = member;
  const said: Said = { nodeId, publicKey: hexOf(publicKey), role };
  if (scopes !== undefined) said['scopes'] = [...scopes];
  return state(lane, (tx) => {
    const standing = lane.membership.table.rightsOf(fingerprint, PRESENT);
    if (standing?.state === 'member') {
      throw new AdastraError('already_exists', `${fingerprint} is a member already`, {
        details: { fingerprint, nodeId: standing.nodeId },
      });
    }
    if (standing === undefined) tx.put(memberKey(fingerprint), said);
    else put(lane, tx, fingerprint, { ...said, readmits: true });
  });
}

/** Gives a member another role or other scopes (`null`: all keys). */
export function changeMember(
  lane: Lane,
  fingerprint: string,
  change: {
    readonly role?: Role | undefined;
    readonly scopes?: readonly string[] | null | undefined;
  },
): Promise<Receipt> {
  const { role, scopes } = change;
  return state(lane, (tx) => {
    const { state: end } = memberOf(lane, fingerprint);
    if (end === 'closed') throw ended(fingerprint, end);
    const said: Said = {};
    if (role !== undefined) said['role'] = role;
    if (scopes !== undefined) said['scopes'] = scopes === null ? null : [...scopes];
    put(lane, tx, fingerprint, said);
  });
}

/** Begins to end a membership: nobody takes from the member directly any more. */
export function beginClosing(lane: Lane, fingerprint: string): Promise<Receipt> {
  return state(lane, (tx) => {
    const { state: end } = memberOf(lane, fingerprint);
    if (end !== 'member') throw ended(fingerprint, end);
    put(lane, tx, fingerprint, { end: 'closing' });
  });
}

/** Up to where this node has applied each incarnation of a member (32 hex characters). */
export function closingEnds(lane: Lane, fingerprint: string): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const [origin, { originSeq }] of lane.admittedVector.entries()) {
    if (origin.startsWith(fingerprint)) ends.set(origin.slice(-INCARNATION_BYTES * 2), originSeq);
  }
  return ends;
}

/**
 * Ends a membership. `ends`: of each of its incarnations the last originSeq that counts (default:
 * what this node has applied); what lies behind is refused by every node that knows of this.
 */
export function finishClosing(
  lane: Lane,
  fingerprint: string,
  ends?: ReadonlyMap<string, number>,
): Promise<Receipt> {
  return state(lane, (tx) => {
    const { state: end } = memberOf(lane, fingerprint);
    if (end === 'closed') throw ended(fingerprint, end);
    const last = ends ?? closingEnds(lane, fingerprint);
    put(lane, tx, fingerprint, { end: 'closed', ends: Object.fromEntries(last) });
  });
}

/** Sets limits of the world; those that are not given stay as they are. */
export function changeWorldLimits(lane: Lane, change: Partial<WorldLimits>): Promise<Receipt> {
  return state(lane, (tx) => {
    const { table } = lane.membership;
    const over = table.headsOf(WORLD_LIMITS_KEY, PRESENT).map(({ id }) => id);
    const said = { ...table.limits(), ...change };
    tx.put(`${WORLD_LIMITS_KEY}/${newId(lane)}`, over.length === 0 ? said : { ...said, over });
  });
}

/**
 * Names the branch of a forked origin that stays: the one whose chain has this digest behind commit
 * `originSeq`. Throws `already_exists` where that was decided before.
 */
export function keepBranch(
  lane: Lane,
  origin: string,
  { originSeq, digest }: { readonly originSeq: number; readonly digest: Uint8Array },
): Promise<Receipt> {
  return state(lane, (tx) => {
    const subject = FORK_PREFIX + origin;
    if (lane.membership.table.headsOf(subject, PRESENT).length > 0) {
      throw new AdastraError('already_exists', `a branch of ${origin} was named before`, {
        hint: 'who wrote it can end it for good: close its membership and invite it again',
        details: { origin },
      });
    }
    tx.put(subject, { originSeq, digest: hexOf(digest) });
  });
}

type Said = Record<string, Value>;

/** Behind whatever is running: a function given to `transact` sees nothing of it. */
async function state(lane: Lane, write: (tx: Transaction) => void): Promise<Receipt> {
  await Promise.resolve();
  const { receipt } = await new Writes(lane).transactSystem(write, { durability: 'always' });
  return receipt;
}

function put(lane: Lane, tx: Transaction, fingerprint: string, said: Said): void {
  const over = lane.membership.table.headsOf(fingerprint, PRESENT).map(({ id }) => id);
  tx.put(`${memberKey(fingerprint)}/${newId(lane)}`, { ...said, over });
}

function newId(lane: Lane): string {
  return hexOf(lane.parts.env.random.bytes(ID_BYTES));
}

function memberOf(lane: Lane, fingerprint: string): Standing {
  const standing = lane.membership.table.rightsOf(fingerprint, PRESENT);
  if (standing !== undefined) return standing;
  throw new AdastraError('not_found', `${fingerprint} is no member of this world`, {
    details: { fingerprint },
  });
}

function ended(fingerprint: string, end: Standing['state']): AdastraError {
  return new AdastraError('condition_failed', `the membership of ${fingerprint} is ${end}`, {
    hint: 'an admin can admit it again by a new invitation',
    details: { fingerprint, state: end },
  });
}
