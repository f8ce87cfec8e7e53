/**
 * The local part of a bundle record that is taken over into another log. Its links name seqs of the
 * old log; where commits before it are lost, its own new seqs are lower, and links are written
 * anew. An effect is a post-state: it can be taken over only if all that it names is there as well.
 */
import { ByteReader, ByteWriter } from '../../core/index.ts';
import { EffectReader } from './effect.ts';
import {
  LOCAL_EFFECTS,
  LOCAL_HAS_REQUEST_HASH,
  LOCAL_VOID,
  REQUEST_HASH_BYTES,
} from './local-part.ts';

/** What the new log holds. */
export interface NewPlaces {
  /** The seq that an old one has now; `undefined` if that commit is not there. */
  newSeqOf(seq: number): number | undefined;
  /** Whether this commit is there. */
  covers(origin: string, originSeq: number): boolean;
}

/**
 * The local part with links moved, or `undefined` where it names what is not there. `eventCounts`:
 * of each commit of the bundle. Throws `MalformedBytes`.
 */
export function movedLocalPart(
  source: Uint8Array,
  bounds: { readonly start: number; readonly end: number },
  eventCounts: readonly number[],
  places: NewPlaces,
): Uint8Array | undefined {
  const reader = new ByteReader(new Uint8Array(0));
  reader.rewind(source, bounds.start, bounds.end);
  const writer = new ByteWriter(bounds.end - bounds.start + 16);
  const effects = new EffectReader();
  for (const eventCount of eventCounts) {
    const start = reader.offset;
    const flags = reader.u8();
    if ((flags & LOCAL_HAS_REQUEST_HASH) !== 0) reader.skip(REQUEST_HASH_BYTES);
    const isVoid = (flags & LOCAL_VOID) !== 0;
    if (isVoid) reader.lengthAndText();
    writer.bytes(source, start, reader.offset);
    const hasEffects = !isVoid && (flags & LOCAL_EFFECTS) !== 0;
    for (let event = 0; event < eventCount; event++) {
      const link = places.newSeqOf(reader.varint());
      if (link === undefined) return undefined;
      writer.varint(link);
      if (!hasEffects) continue;
      const effectStart = reader.offset;
      const kept = effects.read(reader)?.kept ?? [];
      if (!kept.every(({ origin, originSeq }) => places.covers(origin, originSeq)))
        return undefined;
      // As it is: origins that are named once for the whole record are so in the copy too.
      writer.bytes(source, effectStart, reader.offset);
    }
  }
  reader.finish();
  return writer.toBytes();
}
