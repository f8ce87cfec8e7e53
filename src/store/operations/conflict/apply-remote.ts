/**
 * The policy `apply-remote`: the greatest stamp among the siblings that others authored; where this
 * node's key authored all of them, the greatest of all. Like `keep-local` a view of this node
 * alone.
 */
import { type Policy, viewOfIndex } from './policy.ts';

export const applyRemote: Policy = (siblings, { origins, keyId }) => {
  const isOwn = siblings.map(({ origin }) => origins.text(origin).startsWith(keyId));
  const index = isOwn.lastIndexOf(false);
  return viewOfIndex(siblings, index < 0 ? siblings.length - 1 : index);
};
