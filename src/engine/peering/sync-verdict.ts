/**
 * `syncWhy` in one sentence, for people.
 */
import type { SyncWhy } from '../peer-api.ts';

export function verdictOf(
  subject: string,
  commits: SyncWhy['commits'],
  held: SyncWhy['held'],
): string {
  const [last] = commits;
  const waits = held.length === 0 ? '' : ` ${held.length} origins of others are held here.`;
  if (last === undefined) return `This log has no commit about ${subject}.${waits}`;
  return `${ofCommit(last)}${waits}`;
}

function ofCommit(commit: SyncWhy['commits'][number]): string {
  const name = `Commit ${commit.seq} of ${commit.author}`;
  if (commit.void !== undefined) return `${name} is void: ${commit.void}.`;
  if (!commit.durable) return `${name} is not on the disk yet; nothing is sent before that.`;
  if (commit.origin === '') return `${name} is a change of view of this node alone.`;
  if (commit.peers.length === 0) return `${name} is durable here; there is no other member.`;
  if (commit.stable) return `${name} is durable on every member.`;
  const lacking = commit.peers.filter(({ state }) => state !== 'acknowledged');
  if (lacking.length === 0) return `${name} is durable on every member that is known here.`;
  const each = lacking.map(({ nodeId, state, reason }) => {
    const words = WORDS[state];
    return reason === undefined ? `${nodeId} ${words}` : `${nodeId} ${words} (${reason})`;
  });
  return `${name} is durable here; ${each.join(', ')}.`;
}

const WORDS: Record<SyncWhy['commits'][number]['peers'][number]['state'], string> = {
  acknowledged: 'has it',
  received: 'has received it and not yet synced it',
  inFlight: 'is being sent it',
  queued: 'has not been sent it yet',
  refused: 'does not take it',
  unknown: 'has not been met since this node was opened',
};
