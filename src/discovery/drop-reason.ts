/**
 * Why a datagram was not taken: one closed list, so that every drop is counted under a name that
 * `status` shows and docs/formats/discovery.md explains. The network is anybody's; what it brings
 * is never an error, only a count.
 */

export const DROP_REASONS = [
  // What the bytes say
  'too_large',
  'bad_magic',
  'unsupported_version',
  'other_world',
  'malformed',
  'short_probe',
  // Where they come from, and how many
  'off_interface',
  'rate_limited',
  'source_limited',
  'member_limited',
  'verify_limited',
  // What is known of their key
  'repeated',
  'replayed',
  'old_session',
  'registry_full',
  'source_quota',
  'unknown_goodbye',
  'unsolicited_reply',
  'bad_signature',
  // A probe that was taken and yet gets no reply
  'reply_refused',
  'reply_limited',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** Counts by reason. */
export class DropCounts {
  readonly #counts = new Map<DropReason, number>();

  /** The count after this one. */
  add(reason: DropReason): number {
    const count = (this.#counts.get(reason) ?? 0) + 1;
    this.#counts.set(reason, count);
    return count;
  }

  /** Those that happened at all. */
  toRecord(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
