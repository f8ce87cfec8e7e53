/**
 * The `meta` of a put under `merge-fields`: when each top-level field was last changed or removed,
 * as far as that was not this very put. A field of the value that is not listed was changed by the
 * put itself; so a put that changed everything and removed nothing has no meta. Bytes from a
 * stranger: what is malformed counts as if the put had none, and nothing here throws for it.
 */
import {
  ByteReader,
  ByteWriter,
  compareKeys,
  compareStamps,
  MalformedBytes,
  originBytes,
  originText,
  type Stamp,
} from '../../../core/index.ts';

/** The most bytes that a meta may take; a longer one counts as none. */
export const FIELD_META_BYTES_MAX: number = 64 * 1024;
const FORM = 1;
const ORIGIN_BYTES = 32;
const COUNTER_MAX = 0xffff;

/** What meta says of one field. */
export interface FieldChange {
  readonly stamp: Stamp;
  readonly removed: boolean;
}

/** `own`: the stamp of the put that the meta belongs to, which its author cannot know yet. */
export interface ListedField {
  readonly name: string;
  readonly stamp: Stamp | 'own';
  readonly removed: boolean;
}

/** The bytes, or `undefined` where there is nothing to list or no room for it. */
export function encodeFieldMeta(fields: readonly ListedField[]): Uint8Array | undefined {
  let listed = [...fields].sort((a, b) => compareKeys(a.name, b.name));
  for (;;) {
    if (listed.length === 0) return undefined;
    const bytes = encodeListed(listed);
    if (bytes.length <= FIELD_META_BYTES_MAX) return bytes;
    // What was removed long ago is given up first; of what is there nothing can be left out.
    const removals = listed.filter(({ removed }) => removed).sort(compareAge);
    if (removals.length === 0) return undefined;
    const dropped = new Set(removals.slice(0, Math.ceil(removals.length / 2)));
    listed = listed.filter((field) => !dropped.has(field));
  }
}

function compareAge(left: ListedField, right: ListedField): number {
  if (left.stamp === 'own' || right.stamp === 'own') {
    return Number(left.stamp === 'own') - Number(right.stamp === 'own');
  }
  return compareStamps(left.stamp, right.stamp);
}

function encodeListed(listed: readonly ListedField[]): Uint8Array {
  const origins = new Map<string, number>();
  const stamps = new Map<string, { index: number; stamp: Stamp; origin: number }>();
  for (const { stamp } of listed) {
    if (stamp === 'own') continue;
    const name = nameOf(stamp);
    if (stamps.has(name)) continue;
    const origin = origins.get(stamp.origin) ?? origins.size;
    origins.set(stamp.origin, origin);
    stamps.set(name, { index: stamps.size + 1, stamp, origin });
  }
  const writer = new ByteWriter(256);
  writer.u8(FORM);
  writer.varint(origins.size);
  for (const origin of origins.keys()) writer.bytes(originBytes(origin) as Uint8Array);
  writer.varint(stamps.size);
  for (const { stamp, origin } of stamps.values()) {
    writer.varint(origin);
    writer.u48(stamp.ms);
    writer.varint(stamp.counter);
    writer.varint(stamp.originSeq);
  }
  writer.varint(listed.length);
  for (const { name, stamp, removed } of listed) {
    writer.lengthAndText(name);
    const index = stamp === 'own' ? 0 : (stamps.get(nameOf(stamp))?.index ?? 0);
    writer.varint(index * 2 + (removed ? 1 : 0));
  }
  return writer.toBytes();
}

function nameOf({ ms, counter, origin, originSeq }: Stamp): string {
  return `${ms}.${counter}.${originSeq}.${origin}`;
}

/** What a meta says, by field; `undefined` where it is malformed, too long or claims the future. */
export function decodeFieldMeta(
  meta: Uint8Array,
  own: Stamp,
): ReadonlyMap<string, FieldChange> | undefined {
  if (meta.length > FIELD_META_BYTES_MAX) return undefined;
  try {
    return readMeta(new ByteReader(meta), own);
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}

function readMeta(reader: ByteReader, own: Stamp): Map<string, FieldChange> {
  if (reader.u8() !== FORM) throw new MalformedBytes('a meta of another form');
  const origins: string[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    origins.push(originText(reader.source, reader.skip(ORIGIN_BYTES)));
  }
  const stamps: Stamp[] = [own];
  for (let count = reader.varint(); count > 0; count--)
    stamps.push(readStamp(reader, origins, own));
  const fields = new Map<string, FieldChange>();
  let before: string | undefined;
  for (let count = reader.varint(); count > 0; count--) {
    const name = reader.lengthAndText();
    if (before !== undefined && compareKeys(before, name) >= 0) {
      throw new MalformedBytes('fields not in order');
    }
    before = name;
    const number = reader.varint();
    const stamp = stamps[Math.floor(number / 2)];
    if (stamp === undefined) throw new MalformedBytes('a stamp that is not listed');
    fields.set(name, { stamp, removed: number % 2 === 1 });
  }
  reader.finish();
  return fields;
}

function readStamp(reader: ByteReader, origins: readonly string[], own: Stamp): Stamp {
  const origin = origins[reader.varint()];
  const stamp = {
    origin: origin ?? '',
    ms: reader.u48(),
    counter: reader.varint(),
    originSeq: reader.varint(),
  };
  if (origin === undefined || stamp.counter > COUNTER_MAX) throw new MalformedBytes('not a stamp');
  // Nobody writes from a view that holds what is newer than the write.
  if (compareStamps(stamp, own) >= 0) throw new MalformedBytes('a stamp of the future');
  return stamp;
}
