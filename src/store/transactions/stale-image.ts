/**
 * A bundle whose author had not seen what every member had when this node forgot tombstones by it:
 * that can only come from an image that was rolled back behind what its own node had acknowledged.
 * Applied, it could bring back what was deleted (INV-8): it is not applied, and its origin frozen.
 */
import type { BundleReader } from '../../core/index.ts';
import type { LaneParts } from './lane-parts.ts';

/** What its author lacked; `undefined` for a bundle that is as it should be. */
export function staleOf(
  { collected, seen }: Pick<LaneParts, 'collected' | 'seen'>,
  reader: BundleReader,
): { readonly origin: string; readonly originSeq: number } | undefined {
  const author = reader.origin;
  if (collected.isKnownToCover(author)) return undefined;
  const unseen = seen.unseenOf(reader, collected.frontier);
  if (unseen === undefined) collected.noteCovering(author);
  return unseen;
}
