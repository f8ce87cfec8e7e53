/**
 * What an honest author does with a write that every node would judge void: it refuses it before
 * anything is logged. A node that fails here writes a void commit, void on its own node too.
 */
import { AdastraError } from '../../core/index.ts';
import type { Standing } from './standing.ts';

/** Throws `forbidden`. `key`: the first one that may not be written, where it is one key. */
export function refuseOwnWrite(
  reason: string,
  standing: Standing | undefined,
  key: string | undefined,
): void {
  const { role, scopes } = standing ?? {};
  throw new AdastraError('forbidden', `this node may not write that: ${reason}`, {
    hint: hintFor(standing),
    details: { key, role, scopes, reason },
  });
}

function hintFor(standing: Standing | undefined): string {
  if (standing === undefined) return 'sync with a member first, or let an admin invite this node';
  if (standing.state !== 'member') return 'join again: an admin can readmit this node';
  return 'ask an admin for another role or other scopes: adastra node info shows what this node has';
}
