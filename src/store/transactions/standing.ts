/**
 * What statements about a member come to: its standing. Statements that have seen each other follow
 * each other; of those that have not, an end wins over anything, else the narrower role and only
 * what all their scopes allow. Pure functions: the same statements give the same standing on every
 * node, in whatever order they came.
 */
import type { Role } from '../../core/index.ts';
import type { Statement } from './statement.ts';

/** How a member stands. */
export interface Standing {
  readonly nodeId: string;
  readonly publicKey: Uint8Array;
  readonly role: Role;
  /** Key prefixes that it may write; `undefined`: all. */
  readonly scopes: readonly string[] | undefined;
  readonly state: 'member' | 'closing' | 'closed';
  readonly founder: boolean;
}

/** From the narrowest on. */
const RANK: Record<Role, number> = { read: 0, witness: 1, write: 2, admin: 3 };
const STATES: Record<Standing['state'], number> = { member: 0, closing: 1, closed: 2 };

/** Of standings that have not seen each other; in an order that all nodes give them in. */
export function combineStandings(standings: readonly Standing[]): Standing | undefined {
  const [first, ...others] = standings;
  if (first === undefined) return undefined;
  return others.reduce(narrower, first);
}

function narrower(left: Standing, right: Standing): Standing {
  if (left.founder || right.founder) return left.founder ? left : right;
  return {
    ...left,
    role: RANK[left.role] <= RANK[right.role] ? left.role : right.role,
    scopes: intersection(left.scopes, right.scopes),
    state: STATES[left.state] >= STATES[right.state] ? left.state : right.state,
  };
}

/** Prefixes of the keys that both allow. */
function intersection(left: Standing['scopes'], right: Standing['scopes']): Standing['scopes'] {
  if (left === undefined || right === undefined) return left ?? right;
  const both = new Set<string>();
  for (const one of left) {
    for (const other of right) {
      if (one.startsWith(other)) both.add(one);
      else if (other.startsWith(one)) both.add(other);
    }
  }
  return [...both].sort();
}

/** The standing behind a statement that comes after `before`. */
export function standingAfter(
  { body }: Statement,
  before: Standing | undefined,
): Standing | undefined {
  if (body.kind === 'founding' || body.kind === 'admission' || body.kind === 'readmission') {
    const { nodeId, publicKey, role, scopes, kind } = body;
    return { nodeId, publicKey, role, scopes, state: 'member', founder: kind === 'founding' };
  }
  if (before === undefined) return undefined;
  if (body.kind === 'closing' || body.kind === 'closed') return { ...before, state: body.kind };
  if (body.kind !== 'change') return before;
  const { role = before.role, scopes = before.scopes } = body;
  return { ...before, role, scopes: scopes ?? undefined };
}

/** Why somebody who stands so may write nothing; `undefined` where it may. */
export function roleFault(standing: Standing | undefined): string | undefined {
  if (standing === undefined) return 'its author is no member';
  if (standing.state !== 'member') return 'the membership of its author has ended';
  if (RANK[standing.role] >= RANK.write) return undefined;
  return `its author may not write (role ${standing.role})`;
}

/** Whether the scopes of a member allow this key of a user. */
export function isInScope({ scopes }: Standing, key: string): boolean {
  return scopes === undefined || scopes.some((scope) => key.startsWith(scope));
}
