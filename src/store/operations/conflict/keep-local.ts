/**
 * The policy `keep-local`: the greatest stamp among the siblings that this node's key authored, in
 * whatever incarnation; where it authored none, the greatest of all. A view of this node alone: two
 * nodes show different values while their state hashes agree.
 */
import { type Policy, viewOfIndex } from './policy.ts';

export const keepLocal: Policy = (siblings, { origins, keyId }) => {
  const isOwn = siblings.map(({ origin }) => origins.text(origin).startsWith(keyId));
  const index = isOwn.lastIndexOf(true);
  return viewOfIndex(siblings, index < 0 ? siblings.length - 1 : index);
};
