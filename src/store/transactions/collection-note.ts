/**
 * The local note of a tombstone collection, as it stands in the log: the frontier by which, and
 * each key with the seq of its last event, so that its history can still be followed. Carrying it
 * out is idempotent: a key is forgotten only if it still is a tombstone that the frontier covers.
 */
import { ByteReader, type ByteWriter } from '../../core/index.ts';
import { KIND_REMOVE, type OriginTable, type Storage } from '../storage/index.ts';
import { type LogRecord, NOTE_KIND, RECORD_KIND } from '../../wal/index.ts';
import { readFrontier, writeFrontier } from './collected.ts';
import type { Incarnations } from './incarnations.ts';

/** A key that is forgotten, and where its history ends. */
export interface CollectedKey {
  readonly key: string;
  readonly lastSeq: number;
}

export interface CollectionNote {
  readonly frontier: ReadonlyMap<string, number>;
  readonly keys: readonly CollectedKey[];
}

/** The body of the record behind its kind: see docs/formats/commit-log.md. */
export function writeCollectionNote(writer: ByteWriter, { frontier, keys }: CollectionNote): void {
  writer.u8(NOTE_KIND.tombstoneCollected);
  writeFrontier(writer, frontier);
  writer.varint(keys.length);
  for (const { key, lastSeq } of keys) {
    writer.varint(lastSeq);
    writer.lengthAndText(key);
  }
}

/** `undefined` for any other record. Throws `MalformedBytes`. */
export function collectionNote(record: LogRecord): CollectionNote | undefined {
  const { kind, source, start, end } = record;
  if (kind !== RECORD_KIND.localNote || end === start) return undefined;
  if (source[start] !== NOTE_KIND.tombstoneCollected) return undefined;
  const reader = new ByteReader(source);
  reader.rewind(source, start + 1, end);
  const frontier = readFrontier(reader);
  const keys: CollectedKey[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    const lastSeq = reader.varint();
    keys.push({ key: reader.lengthAndText(), lastSeq });
  }
  reader.finish();
  return { frontier, keys };
}

/** Seq of the last event that the note forgets. */
export function lastSeqOf({ keys }: CollectionNote): number {
  return keys.reduce((greatest, { lastSeq }) => Math.max(greatest, lastSeq), 0);
}

/** Whether every write of the key is a remove that the frontier covers. */
export function isCollectable(
  state: { storage: Storage; origins: OriginTable; incarnations: Incarnations },
  frontier: ReadonlyMap<string, number>,
  key: string,
): boolean {
  const { storage, origins, incarnations } = state;
  const ref = storage.find(key);
  if (ref === 0 || storage.hasPut(ref)) return false;
  const reach = (origin: string): number => frontier.get(origin) ?? 0;
  const siblings = storage.readEntry(ref)?.siblings ?? [];
  return siblings.every(
    ({ kind, origin, originSeq }) =>
      kind === KIND_REMOVE && incarnations.covers(reach, origins.text(origin), originSeq),
  );
}

/** Forgets what the note names and what still is as it was. */
export function carryOut(
  state: { storage: Storage; origins: OriginTable; incarnations: Incarnations },
  { frontier, keys }: CollectionNote,
): void {
  for (const { key } of keys) {
    if (isCollectable(state, frontier, key)) state.storage.collect(key);
  }
}
