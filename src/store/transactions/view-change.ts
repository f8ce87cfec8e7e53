/**
 * A changed view in the log: a local record, never sent, with a seq of its own. A policy, or the
 * code for one, has changed; siblings stay what they are, and for each conflicted key whose view is
 * another now the record names the siblings, the view, and what readers get of it, so that feeds
 * and histories need nothing else. Replay takes it as it stands and decides nothing (INV-5).
 */
import {
  ByteReader,
  ByteWriter,
  type ChangedKey,
  decodeValue,
  MalformedBytes,
} from '../../core/index.ts';
import type { LogRecord } from '../../wal/index.ts';
import {
  type Cell,
  cellOfView,
  KIND_REMOVE,
  type OriginTable,
  type View,
} from '../storage/index.ts';
import { type Effect, effectOf, EffectReader, EffectWriter } from './effect.ts';
import type { NewPlaces } from './moved-local-part.ts';

const FORM = 1;
const SHOWN_ABSENT = 0;
const SHOWN_VALUE = 1;
const VALUE_CODEC_MASK = 0x0f;

/** One key that is shown another way. */
export interface ChangedView {
  readonly key: string;
  /** Seq of the key's event before. */
  readonly link: number;
  /** Sorted by stamp. */
  readonly siblings: readonly Cell[];
  readonly view: View;
}

/** What a record says. */
export interface ViewChange {
  /** Wall time of this node when it was made. */
  readonly timeMs: number;
  readonly reason: string;
  readonly keys: readonly LoggedView[];
}

export interface LoggedView {
  readonly key: string;
  readonly link: number;
  readonly effect: Effect;
  /** `undefined`: the key reads as absent. */
  readonly shown: { readonly valueHead: number; readonly bytes: Uint8Array } | undefined;
}

/** The body of a record; at least one view. */
export function encodeViewChange(
  head: { readonly timeMs: number; readonly reason: string },
  views: readonly ChangedView[],
  origins: OriginTable,
): Uint8Array {
  const writer = new ByteWriter(1024);
  const effects = new EffectWriter();
  writeHead(writer, head, views.length);
  for (const { key, link, siblings, view } of views) {
    writer.lengthAndText(key);
    writer.varint(link);
    effects.write(writer, effectOf(siblings, view, origins));
    const cell = cellOfView(siblings, view);
    if (cell.kind === KIND_REMOVE) writer.u8(SHOWN_ABSENT);
    else {
      writer.u8(SHOWN_VALUE);
      writer.u8(cell.valueHead);
      writer.varint(cell.end - cell.start);
      writer.bytes(cell.source, cell.start, cell.end);
    }
  }
  return writer.toBytes();
}

function writeHead(
  writer: ByteWriter,
  { timeMs, reason }: { readonly timeMs: number; readonly reason: string },
  count: number,
): void {
  writer.u8(FORM);
  writer.u48(timeMs);
  writer.lengthAndText(reason);
  writer.varint(count);
}

/** Throws `MalformedBytes`. */
export function readViewChange({ source, start, end }: LogRecord): ViewChange {
  const reader = new ByteReader(source, start, end);
  const effects = new EffectReader();
  if (reader.u8() !== FORM) throw new MalformedBytes('a changed view of another form');
  const timeMs = reader.u48();
  const reason = reader.lengthAndText();
  const keys: LoggedView[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    const key = reader.lengthAndText();
    const link = reader.varint();
    const effect = effects.read(reader);
    if (effect === undefined || effect.kept.length === 0) {
      throw new MalformedBytes('a changed view without siblings');
    }
    const isShown = reader.u8() === SHOWN_VALUE;
    const shown = isShown ? { valueHead: reader.u8(), bytes: reader.lengthAndBytes() } : undefined;
    keys.push({ key, link, effect, shown });
  }
  reader.finish();
  if (keys.length === 0) throw new MalformedBytes('a changed view of no key');
  return { timeMs, reason, keys };
}

/** What readers got of the key then. */
export function changedKeyOf({ key, shown }: LoggedView): ChangedKey {
  if (shown === undefined) return { key, kind: 'remove', value: undefined };
  const { valueHead, bytes } = shown;
  const value = decodeValue(valueHead & VALUE_CODEC_MASK, bytes, 0, bytes.length, false);
  return { key, kind: 'put', value };
}

/**
 * The record for another log, where commits are lost: keys whose siblings are all there, with
 * their links moved; `undefined` where none is. The others are decided anew when the node opens.
 */
export function movedViewChange(record: LogRecord, places: NewPlaces): Uint8Array | undefined {
  const change = readViewChange(record);
  const writer = new ByteWriter(record.end - record.start + 16);
  const kept = change.keys.filter(
    ({ link, effect }) =>
      places.newSeqOf(link) !== undefined &&
      effect.kept.every(({ origin, originSeq }) => places.covers(origin, originSeq)),
  );
  if (kept.length === 0) return undefined;
  const effects = new EffectWriter();
  writeHead(writer, change, kept.length);
  for (const { key, link, effect, shown } of kept) {
    writer.lengthAndText(key);
    writer.varint(places.newSeqOf(link) as number);
    effects.write(writer, effect);
    writer.u8(shown === undefined ? SHOWN_ABSENT : SHOWN_VALUE);
    if (shown === undefined) continue;
    writer.u8(shown.valueHead);
    writer.lengthAndBytes(shown.bytes);
  }
  return writer.toBytes();
}
