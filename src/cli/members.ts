/**
 * Which node a command means: a nodeId, a fingerprint or its beginning. What fits more than one is
 * `peer_ambiguous` with the list, what fits none `peer_unknown`.
 */
import { AdastraError } from '../core/index.ts';
import { cleanText } from './clean-text.ts';
import type { OpenedNode } from './node-access.ts';

/** What names a node. */
export interface Named {
  readonly fingerprint: string;
  readonly nodeId: string;
}

/** Characters of a fingerprint that tables show; enough to tell members apart and to type. */
const SHOWN = 8;

/** A fingerprint as people read it. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, SHOWN);
}

/** The member that `text` names. */
export async function memberOf(node: OpenedNode, text: string): Promise<Named> {
  return oneOf(await node.members(), text);
}

/** Names the nodes behind origins (key and incarnation); the key's beginning for unknown ones. */
export async function originNames(node: OpenedNode): Promise<(origin: string) => string> {
  const names = new Map<string, string>();
  for (const { fingerprint, nodeId } of await node.members()) names.set(fingerprint, nodeId);
  return (origin) => {
    const [fingerprint = ''] = origin.split('.');
    return names.get(fingerprint) ?? shortFingerprint(fingerprint);
  };
}

/** The one of `named` that `text` names. */
export function oneOf<T extends Named>(named: readonly T[], text: string): T {
  const exact = named.filter(({ nodeId, fingerprint }) => text === nodeId || text === fingerprint);
  const fits = exact.length > 0 ? exact : named.filter((one) => beginsWith(one, text));
  const [found] = fits;
  if (found !== undefined && fits.length === 1) return found;
  if (found === undefined) {
    throw new AdastraError('peer_unknown', `no member is called ${JSON.stringify(text)}`, {
      hint: 'adastra members lists them; give a nodeId or the beginning of a fingerprint',
    });
  }
  const list = fits.map(({ nodeId, fingerprint }) => cleanText(`${nodeId} (${fingerprint})`));
  throw new AdastraError('peer_ambiguous', `${JSON.stringify(text)} fits ${list.join(' and ')}`, {
    hint: 'give more characters of the fingerprint',
    details: { members: fits.map(({ fingerprint }) => fingerprint) },
  });
}

function beginsWith({ fingerprint }: Named, text: string): boolean {
  return text !== '' && fingerprint.startsWith(text.toLowerCase());
}
