/**
 * Effects in the log: what a key has once an event is applied, as this node decided it. Kept
 * siblings are named by origin and originSeq, never repeated: whoever applies the effect finds them
 * among the siblings that the key has, so a bundle that touches many large conflicting values takes
 * little room. One that is not there is damage to the log. Applying an effect twice changes
 * nothing.
 */
import {
  type ByteReader,
  type ByteWriter,
  MalformedBytes,
  originBytes,
  originText,
} from '../../core/index.ts';
import { type Cell, GREATEST, type OriginTable, type View } from '../storage/index.ts';

/** The event alone is what the key now has. */
const EFFECT_SINGLE = 0;
/** Siblings stand beside it; the place in the list is what readers get, and stands in the byte. */
const VIEWS = ['greatest', 'sibling', 'value', 'undecided', 'absent'] as const;
const ORIGIN_BYTES = 32;

/** One write, by its name. */
export interface WriteName {
  readonly origin: string;
  readonly originSeq: number;
}

/** Siblings that stand beside the event (in a changed view: all of them), and the view of all. */
export interface Effect {
  readonly kept: readonly WriteName[];
  readonly view: View;
}

/** The effect that leaves `siblings`, sorted by stamp; the event, if any, is one of them. */
export function effectOf(
  siblings: readonly Cell[],
  view: View,
  origins: OriginTable,
  event?: Cell,
): Effect {
  const others = siblings.filter((sibling) => sibling !== event);
  const kept = others.map(({ origin, originSeq }) => ({ origin: origins.text(origin), originSeq }));
  return { kept, view };
}

/** Writes effects; an origin is written in full once and then by its number in this record. */
export class EffectWriter {
  readonly #named = new Map<string, number>();

  /** `undefined`: the event stands alone. */
  write(writer: ByteWriter, effect: Effect | undefined): void {
    if (effect === undefined) {
      writer.u8(EFFECT_SINGLE);
      return;
    }
    const { kept, view } = effect;
    writer.u8(VIEWS.indexOf(view.kind) + 1);
    writer.varint(kept.length);
    for (const name of kept) this.#name(writer, name);
    if (view.kind === 'sibling') writer.varint(view.index);
    if (view.kind !== 'value') return;
    writer.u8(view.valueHead);
    writer.lengthAndBytes(view.bytes);
  }

  #name(writer: ByteWriter, { origin, originSeq }: WriteName): void {
    const known = this.#named.get(origin);
    writer.varint(known ?? 0);
    if (known === undefined) {
      this.#named.set(origin, this.#named.size + 1);
      writer.bytes(originBytes(origin) as Uint8Array);
    }
    writer.varint(originSeq);
  }
}

/** Reads effects in the order in which they were written. */
export class EffectReader {
  #named: string[] = [];

  /** Before the first effect of a record. */
  reset(): void {
    if (this.#named.length > 0) this.#named = [];
  }

  /** `undefined` where the event stands alone; throws `MalformedBytes`. */
  read(reader: ByteReader): Effect | undefined {
    const effect = reader.u8();
    if (effect === EFFECT_SINGLE) return undefined;
    const kind = VIEWS[effect - 1];
    if (kind === undefined) throw new MalformedBytes(`effect ${effect}`);
    const kept: WriteName[] = [];
    for (let count = reader.varint(); count > 0; count--) kept.push(this.#name(reader));
    return { kept, view: readView(reader, kind) };
  }

  #name(reader: ByteReader): WriteName {
    const number = reader.varint();
    if (number === 0) this.#named.push(originText(reader.source, reader.skip(ORIGIN_BYTES)));
    const origin = number === 0 ? this.#named.at(-1) : this.#named[number - 1];
    if (origin === undefined) throw new MalformedBytes(`origin ${number} is not named before`);
    return { origin, originSeq: reader.varint() };
  }
}

function readView(reader: ByteReader, kind: (typeof VIEWS)[number]): View {
  if (kind === 'greatest') return GREATEST;
  if (kind === 'sibling') return { kind, index: reader.varint() };
  if (kind !== 'value') return { kind };
  return { kind, valueHead: reader.u8(), bytes: reader.lengthAndBytes() };
}

/** The named siblings out of those that the key has; throws `MalformedBytes` if one is missing. */
export function namedSiblings(
  { kept, view }: Effect,
  before: readonly Cell[],
  origins: OriginTable,
): Cell[] {
  const found = kept.map(({ origin, originSeq }) => {
    const index = origins.find(originBytes(origin) as Uint8Array);
    const sibling = before.find((cell) => cell.origin === index && cell.originSeq === originSeq);
    if (sibling === undefined) {
      throw new MalformedBytes(`an effect names ${origin}/${originSeq}, which is no sibling`);
    }
    return sibling;
  });
  if (view.kind === 'sibling' && view.index > found.length) {
    throw new MalformedBytes('an effect shows a sibling that is not there');
  }
  return found;
}
