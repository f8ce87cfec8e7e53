/**
 * What callers may reach whose token is limited to key prefixes, and what nobody but an admin sees.
 * Each route says what of a request has to lie within the prefixes; one that says nothing is closed
 * to such callers.
 */
import { AdastraError, checkRangeWithin, checkWithin } from '../core/index.ts';
import { TOKENS_MARK_KEY } from '../engine/index.ts';
import type { Caller } from './caller.ts';

/**
 * `key`: the one that it names; `range`: all that it could have; `write`: what the commit touches,
 * which the write lane sees to; `commits`: nothing, it leaves out what they may not see; `any`:
 * nothing, it tells of no key.
 */
export type Scope = 'key' | 'range' | 'write' | 'commits' | 'any';

type Fields = Readonly<Record<string, unknown>>;

/** Throws `forbidden` for a request that reaches further than its caller may. */
export function checkScope(caller: Caller, scope: Scope | undefined, fields: Fields): void {
  if (caller.kind !== 'token' || caller.role === 'admin') return;
  const key = scope === 'key' ? String(fields['key']) : undefined;
  if (key?.startsWith(TOKENS_MARK_KEY) === true) throw adminsOnly('this key is shown');
  if (scope === 'range' && fields['system'] === true) throw adminsOnly('keys of the system are');
  const { prefixes } = caller;
  if (prefixes === undefined) return;
  if (scope === undefined) {
    throw new AdastraError('forbidden', 'this takes a token that is not limited to prefixes', {
      details: { prefixes },
    });
  }
  if (key !== undefined) checkWithin(key, prefixes);
  if (scope === 'range') checkRangeWithin(fields, prefixes);
}

/** What lies within both lists of prefixes; throws `forbidden` where nothing does. */
export function withinBoth(
  one: readonly string[],
  other: readonly string[] | undefined,
): readonly string[] {
  if (other === undefined) return one;
  const both = one.flatMap((prefix) =>
    other.flatMap((second) => {
      if (prefix.startsWith(second)) return [prefix];
      return second.startsWith(prefix) ? [second] : [];
    }),
  );
  if (both.length > 0) return [...new Set(both)];
  throw new AdastraError('forbidden', 'no key lies within the prefixes of this token and these', {
    details: { prefixes: one, within: other },
  });
}

function adminsOnly(what: string): AdastraError {
  return new AdastraError('forbidden', `${what} to admins only`, { details: { needed: 'admin' } });
}
