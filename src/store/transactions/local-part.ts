/**
 * The local part of a bundle record: what this node adds and never sends. For each commit one flag
 * byte and what it announces; then, for each event of the commit, the seq of the key's event before
 * (0: none), which links the history of a key without an index, and for a received commit the
 * effect, the post-state that this node set. Replay uses the effect and decides nothing (INV-5).
 */
import { ByteReader, MalformedBytes } from '../../core/index.ts';
import { type Effect, EffectReader } from './effect.ts';

/** A 16-byte hash of the request behind a commandId follows. */
export const LOCAL_HAS_REQUEST_HASH = 1;
/** The commit is void: a reason follows, and no event has an effect. */
export const LOCAL_VOID = 2;
/** Effects follow the links (received commits that are not void). */
export const LOCAL_EFFECTS = 4;
const LOCAL_FLAGS_KNOWN = 7;

export const REQUEST_HASH_BYTES = 16;

/** Reads local parts, commit by commit, beside a `BundleReader`. */
export class LocalPartReader {
  readonly #reader = new ByteReader(new Uint8Array(0));
  readonly #effects = new EffectReader();
  #flags = 0;
  requestHash: Uint8Array | undefined = undefined;
  voidReason: string | undefined = undefined;

  open(source: Uint8Array, start: number, end: number): void {
    this.#reader.rewind(source, start, end);
    this.#effects.reset();
  }

  nextCommit(): void {
    const reader = this.#reader;
    this.#flags = reader.u8();
    if ((this.#flags & ~LOCAL_FLAGS_KNOWN) !== 0) throw new MalformedBytes('unknown local flags');
    this.requestHash =
      (this.#flags & LOCAL_HAS_REQUEST_HASH) === 0 ? undefined : reader.bytes(REQUEST_HASH_BYTES);
    this.voidReason = (this.#flags & LOCAL_VOID) === 0 ? undefined : reader.lengthAndText();
  }

  /** Link of the next event: the seq of the key's event before, 0 if there was none. */
  nextLink(): number {
    return this.#reader.varint();
  }

  /** What stands beside the event that the link was read for; `undefined` if it stands alone. */
  nextEffect(): Effect | undefined {
    if ((this.#flags & LOCAL_EFFECTS) === 0) return undefined;
    return this.#effects.read(this.#reader);
  }

  finish(): void {
    this.#reader.finish();
  }
}
