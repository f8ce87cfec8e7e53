/**
 * Members by the names that people use: a nodeId, a fingerprint, or the beginning of one.
 */
import { AdastraError } from '../core/index.ts';

/** What a name can fit. */
export interface NamedMember {
  readonly fingerprint: string;
  readonly nodeId: string;
}

const FINGERPRINT_LENGTH = 32;
/** A shorter beginning fits by chance. */
const PREFIX_LENGTH_MIN = 4;

/** Throws `peer_unknown`, or `peer_ambiguous` with the list. */
export function memberNamed<Member extends NamedMember>(
  members: readonly Member[],
  name: string,
): Member {
  const found = membersNamed(members, name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only === undefined) {
    throw new AdastraError('peer_unknown', `no member is called ${JSON.stringify(name)}`, {
      hint: 'adastra members lists them',
      details: { member: name },
    });
  }
  const list = found.map(({ nodeId, fingerprint }) => `${nodeId} (${fingerprint.slice(0, 8)})`);
  throw new AdastraError('peer_ambiguous', `${JSON.stringify(name)} fits ${list.join(', ')}`, {
    hint: 'give more of the fingerprint',
    details: { member: name, fingerprints: found.map(({ fingerprint }) => fingerprint) },
  });
}

function membersNamed<Member extends NamedMember>(
  members: readonly Member[],
  name: string,
): readonly Member[] {
  if (typeof name !== 'string' || name === '') return [];
  const byId = members.filter(({ nodeId }) => nodeId === name);
  const isBeginning = /^[0-9a-f]+$/.test(name) && name.length <= FINGERPRINT_LENGTH;
  const byKey =
    isBeginning && name.length >= PREFIX_LENGTH_MIN
      ? members.filter(({ fingerprint }) => fingerprint.startsWith(name))
      : [];
  return [...new Set([...byId, ...byKey])];
}
