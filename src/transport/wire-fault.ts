/**
 * Why a stream or a link is refused or ended by this side. The reason is what counters, logs and
 * the `error` message on the wire carry; the set is closed, so that counting by it stays bounded.
 */
export type WireReason =
  /** Not what the format says: checksum, bounds, order, announced length. */
  | 'malformed'
  /** Longer than the limit of its kind. */
  | 'too_large'
  /** A critical message type, or a compression, that this version does not know. */
  | 'upgrade_needed'
  | 'version_mismatch'
  | 'world_mismatch'
  /** The hello names another key than the stream has proved. */
  | 'wrong_key'
  /** The node has connected to itself. */
  | 'self'
  | 'handshake_timeout'
  /** Something else before the hello. */
  | 'before_hello'
  | 'duplicate_hello'
  /** A message that has no place where it came: an answer to no question, a join on a link. */
  | 'unexpected'
  /** More control messages than allowed. */
  | 'flood'
  /** It does not read: too much waits for it, or pings are not answered. */
  | 'slow'
  /** Nothing came for too long. */
  | 'idle'
  /** The other side already has a link, which stays. */
  | 'duplicate'
  /** Two processes with one key. */
  | 'duplicate_identity'
  | 'too_many_links'
  /** Not one that this node talks to. */
  | 'refused'
  | 'too_many_joins'
  | 'join_timeout';

/** Thrown where bytes of the other side are read, caught where its stream is ended. */
export class WireFault extends Error {
  override readonly name = 'WireFault';
  readonly reason: WireReason;

  constructor(reason: WireReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
