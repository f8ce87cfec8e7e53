/**
 * Who makes a request. The local socket's callers are the user who owns the directory; over TCP it
 * is whoever holds a token, or, while the world has no token, anybody on this machine.
 */
import { AdastraError } from '../core/index.ts';
import type { TokenRole } from '../engine/index.ts';

/**
 * Who may take a route. `open`: anybody who can reach the port. `read`, `write`, `admin`: a caller
 * of at least that role. `local`: the local socket only.
 */
export type Access = 'open' | 'read' | 'write' | 'admin' | 'local';

export interface Caller {
  readonly kind: 'local' | 'anonymous' | 'token';
  /** Of the token; `''` where there is none. */
  readonly id: string;
  readonly role: TokenRole;
  /** Key prefixes that it may read and write; `undefined`: all. */
  readonly prefixes: readonly string[] | undefined;
}

/** The caller on a local socket. */
export const LOCAL_CALLER: Caller = { kind: 'local', id: '', role: 'admin', prefixes: undefined };

/** Whoever asks what anybody may; nobody looks who that is. */
export const ANYBODY: Caller = { kind: 'anonymous', id: '', role: 'read', prefixes: undefined };

const RANK: Readonly<Record<TokenRole, number>> = { read: 0, write: 1, admin: 2 };

/** Throws `forbidden` where the caller may not take this route. */
export function checkAccess(caller: Caller, access: Access): void {
  if (access === 'open' || caller.kind === 'local') return;
  if (access !== 'local' && RANK[caller.role] >= RANK[access]) return;
  const needed = access === 'local' ? 'the local socket' : `a token of role ${access}`;
  throw new AdastraError('forbidden', `this takes ${needed}`, {
    details: { role: caller.role, needed: access },
  });
}
