/**
 * The versions of the wire protocol and how two nodes choose one: the greatest that both speak.
 * Raise `PROTOCOL_VERSIONS.max` when an encoding changes; `messages/encodings.test.ts` holds what
 * each version looks like.
 */
import type { VersionRange } from './messages/hello.ts';

/** What this code speaks. */
export const PROTOCOL_VERSIONS: VersionRange = Object.freeze({ min: 1, max: 1 });

/** The greatest version in both ranges, or `undefined`. */
export function commonVersion(left: VersionRange, right: VersionRange): number | undefined {
  const greatest = Math.min(left.max, right.max);
  return greatest >= Math.max(left.min, right.min) ? greatest : undefined;
}

/** Both ranges in words. */
export function versionMismatch(mine: VersionRange, theirs: VersionRange): string {
  return `this node speaks versions ${mine.min} to ${mine.max}, the other ${theirs.min} to ${theirs.max}`;
}
