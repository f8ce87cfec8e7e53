/**
 * How a node asks for a snapshot that nobody would offer by itself. The text that otherwise names
 * a snapshot is empty, or it is the name of a forked origin without its dot: then only who knows
 * which of its branches stays has something to offer.
 */

/** Any snapshot of now. */
export const ANY_SNAPSHOT = '';

const FORK = /^[0-9a-f]{64}$/;
const KEY_LENGTH = 32;

/** A snapshot of whoever knows the branch of this origin that stays. */
export function forkRequestOf(origin: string): string {
  return origin.replace('.', '');
}

/** `any`, the origin that it is about, or `undefined` where the text names a snapshot. */
export function wantedBy(id: string): 'any' | { readonly origin: string } | undefined {
  if (id === ANY_SNAPSHOT) return 'any';
  if (!FORK.test(id)) return undefined;
  return { origin: `${id.slice(0, KEY_LENGTH)}.${id.slice(KEY_LENGTH)}` };
}
