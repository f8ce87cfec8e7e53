/**
 * Deciding a received bundle: every commit in order, key by key, against what the lane sees, each
 * over the effects of those before it. What was decided goes into the log as effects, so that
 * replay decides nothing (INV-5).
 */
import { BundleReader, ByteWriter, ORIGIN_BYTES } from '../../core/index.ts';
import { FRAME_BYTES_MAX } from '../../wal/index.ts';
import { siblingsAfter } from '../operations/index.ts';
import { type Cell, type OriginTable, ownCell, type View } from '../storage/index.ts';
import { effectOf, EffectWriter } from './effect.ts';
import { eventCell } from './event-cell.ts';
import type { Lane } from './lane.ts';
import { LOCAL_EFFECTS, LOCAL_VOID } from './local-part.ts';
import { entryOfSeveral, newEntry, type PendingEntry } from './overlay.ts';

/**
 * The most that a bundle and its effects may take: a batch must hold it beside what was gathered.
 */
export const RECORD_BYTES_MAX: number = FRAME_BYTES_MAX - 16 * 1024 * 1024;

/**
 * Values that policies made may take so much of one record; keys beyond are shown provisionally and
 * decided right behind it, in as many records as that takes.
 */
const VIEW_BYTES_MAX = 8 * 1024 * 1024;

export interface DecidedBundle {
  readonly origin: string;
  readonly lastOriginSeq: number;
  /** For each commit its first key; `undefined` for a void one. */
  readonly commits: readonly (PendingEntry | undefined)[];
  readonly localPart: Uint8Array;
  readonly voided: number;
}

/** Decides every commit of one bundle, in order, each over the effects of those before it. */
export class BundleDecision {
  readonly #lane: Lane;
  readonly #reader = new BundleReader();
  readonly #bytes: Uint8Array;
  readonly #local = new ByteWriter(1024);
  readonly #effects = new EffectWriter();
  readonly #origins: OriginTable;
  /** Post-states of earlier commits of this bundle, which the overlay does not have yet. */
  readonly #decided = new Map<string, PendingEntry>();
  #viewBytes = 0;
  #seq: number;

  constructor(lane: Lane, bytes: Uint8Array) {
    this.#lane = lane;
    this.#bytes = bytes;
    this.#origins = lane.parts.origins;
    this.#seq = lane.admittedSeq;
  }

  run(reasons: readonly (string | undefined)[]): DecidedBundle {
    const reader = this.#reader;
    reader.open(this.#bytes, 0, this.#bytes.length);
    const at = reader.originOffset;
    const origin = this.#origins.indexOf(this.#bytes.subarray(at, at + ORIGIN_BYTES));
    const { clock, seen } = this.#lane.parts;
    seen.note(reader);
    const author = reader.origin;
    const hasSeen = (sibling: Cell): boolean =>
      seen.hasSeen(author, this.#origins.text(sibling.origin), sibling.originSeq);
    const commits: (PendingEntry | undefined)[] = [];
    let voided = 0;
    while (reader.nextCommit()) {
      this.#seq++;
      clock.observe(reader.ms, reader.counter);
      const reason = reasons[commits.length];
      if (reason !== undefined) {
        voided++;
        commits.push(this.#void(reason));
      } else commits.push(this.#commit(origin, hasSeen));
    }
    const lastOriginSeq = reader.firstOriginSeq + reader.commitCount - 1;
    return {
      origin: reader.origin,
      lastOriginSeq,
      commits,
      localPart: this.#local.toBytes(),
      voided,
    };
  }

  #void(reason: string): undefined {
    this.#local.u8(LOCAL_VOID);
    this.#local.lengthAndText(reason);
    while (this.#reader.nextEvent()) this.#local.varint(0);
    return undefined;
  }

  #commit(origin: number, hasSeen: (sibling: Cell) => boolean): PendingEntry | undefined {
    const reader = this.#reader;
    let first: PendingEntry | undefined;
    let last: PendingEntry | undefined;
    this.#local.u8(LOCAL_EFFECTS);
    while (reader.nextEvent()) {
      const entry = this.#event(origin, hasSeen);
      if (last === undefined) first = entry;
      else last.next = entry;
      last = entry;
      this.#decided.set(entry.key, entry);
    }
    return first;
  }

  #event(origin: number, hasSeen: (sibling: Cell) => boolean): PendingEntry {
    const reader = this.#reader;
    const key = reader.key();
    const event = eventCell(reader, origin);
    const earlier = this.#decided.get(key);
    const { overlay } = this.#lane;
    const before =
      earlier === undefined ? this.#siblingsOf(key) : (earlier.siblings ?? [earlier.cell]);
    const siblings = siblingsAfter(before, event, hasSeen, this.#origins);
    this.#local.varint(earlier?.seq ?? overlay.lastSeq(key));
    if (siblings.length === 1) {
      this.#effects.write(this.#local, undefined);
      return newEntry(key, this.#seq, event, 0);
    }
    const view = this.#view(key, siblings);
    this.#effects.write(this.#local, effectOf(siblings, view, this.#origins, event));
    return entryOfSeveral(key, this.#seq, siblings, view);
  }

  /**
   * What the lane sees, on memory that stays: the bytes of an own write that is pending lie in the
   * frame of its batch, which is used again while this bundle still waits for its own.
   */
  #siblingsOf(key: string): readonly Cell[] {
    const { overlay } = this.#lane;
    const pending = overlay.pendingOf(key);
    const isOwn = pending !== undefined && pending.siblings === undefined;
    return isOwn ? [ownCell(pending.cell)] : overlay.siblingsOf(key);
  }

  #view(key: string, siblings: readonly Cell[]): View {
    const { policies } = this.#lane;
    const view = policies.decide(key, siblings);
    if (view.kind !== 'value') return view;
    this.#viewBytes += view.bytes.length;
    if (this.#viewBytes <= VIEW_BYTES_MAX) return view;
    policies.postpone();
    return { kind: 'undecided' };
  }
}
