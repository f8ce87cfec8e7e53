/**
 * What a hello must be to be answered by a welcome. Version first, since the rest is only known to
 * mean what we think if there is a common one; then the world; then who it is.
 */
import type { HelloMessage } from './messages/hello.ts';
import { commonVersion, versionMismatch } from './protocol.ts';
import { WireFault } from './wire-fault.ts';

/** The version to speak with the sender of `theirs`. Throws `WireFault`. */
export function versionFor(mine: HelloMessage, theirs: HelloMessage, provedAs: string): number {
  const version = commonVersion(mine.versions, theirs.versions);
  if (version === undefined) {
    throw new WireFault('version_mismatch', versionMismatch(mine.versions, theirs.versions));
  }
  if (theirs.worldId !== mine.worldId) {
    throw new WireFault('world_mismatch', 'the two nodes belong to different worlds');
  }
  if (theirs.fingerprint !== provedAs) {
    throw new WireFault('wrong_key', `says ${theirs.fingerprint}, has proved ${provedAs}`);
  }
  if (theirs.fingerprint !== mine.fingerprint) return version;
  if (theirs.sessionId === mine.sessionId) throw new WireFault('self', 'connected to itself');
  throw new WireFault('duplicate_identity', 'another process runs with the key of this node');
}
