/**
 * Replay: batches of the log → L1, by setters only (INV-5). No clock, no randomness, no validation,
 * no policy, no operation: what was decided stands in the log as effects. The same log gives the
 * same state, on every machine, from its base or from any checkpoint (INV-6).
 */
import { assert, BundleReader, type Hlc, ORIGIN_BYTES, type Vector } from '../../core/index.ts';
import type { Cell, OriginTable, Storage } from '../storage/index.ts';
import { type Batch, type LogRecord, RECORD_KIND } from '../../wal/index.ts';
import { type BundleRecord, bundleRecord } from './bundle-record.ts';
import type { Collected } from './collected.ts';
import { carryOut, collectionNote, lastSeqOf } from './collection-note.ts';
import type { CommandMemory } from './command-memory.ts';
import { decidedNote, type DecidedPlace } from './decided-note.ts';
import { type Effect, namedSiblings } from './effect.ts';
import { eventCell } from './event-cell.ts';
import type { HeadTable } from './head-table.ts';
import type { Incarnations } from './incarnations.ts';
import { LocalPartReader } from './local-part.ts';
import type { SeenTable } from './seen-table.ts';
import { headRecord } from './signed-head.ts';
import { ReplayedCommit, type ReplayObserver } from './replayed-commit.ts';
import { readViewChange } from './view-change.ts';

/** What replay fills. */
export interface ReplayTarget {
  readonly storage: Storage;
  readonly origins: OriginTable;
  readonly vector: Vector;
  readonly seen: SeenTable;
  readonly commands: CommandMemory;
  readonly decided: DecidedPlace;
  readonly incarnations: Incarnations;
  readonly collected: Collected;
  readonly heads: HeadTable;
}

const ALREADY = Number.NEGATIVE_INFINITY;

export class Replay {
  readonly #target: ReplayTarget;
  readonly #reader = new BundleReader();
  readonly #local = new LocalPartReader();
  #seq: number;
  #commits = 0;
  #clock: { ms: number; counter: number };
  /** What the commit in hand made of its keys; `undefined` where nobody wants to know. */
  readonly #told: ReplayedCommit | undefined;

  /**
   * `seq`: what the target holds already (a checkpoint's seq, or the base). `observer` is told of
   * each commit, in seq order, right after it was applied.
   */
  constructor(
    target: ReplayTarget,
    seq: number,
    clock: Hlc = { ms: 0, counter: 0 },
    observer?: ReplayObserver,
  ) {
    this.#target = target;
    this.#seq = seq;
    this.#clock = { ...clock };
    this.#told = observer && new ReplayedCommit(target.storage, observer);
  }

  /** Seq of the last commit applied. */
  get seq(): number {
    return this.#seq;
  }

  get commits(): number {
    return this.#commits;
  }

  /** The greatest reading of all stamps seen, for the clock to go on from. */
  get clock(): Hlc {
    return this.#clock;
  }

  /** Applies the commits of a batch up to `toSeq` that the target does not hold yet. */
  apply(batch: Batch, toSeq: number = Number.POSITIVE_INFINITY): void {
    let seq = batch.firstSeq;
    for (const record of batch.records) {
      const bundle = bundleRecord(record);
      if (bundle !== undefined) seq = this.#bundle(bundle, seq, toSeq);
      else if (record.kind === RECORD_KIND.viewChanged) {
        if (seq <= toSeq) this.#viewChange(record, seq);
        seq++;
      } else if (seq - 1 <= toSeq) this.#note(record, seq - 1);
    }
  }

  /** A signed head, or tombstones that were forgotten behind commit `noteSeq`. */
  #note(record: LogRecord, noteSeq: number): void {
    const head = headRecord(record);
    const { heads, vector } = this.#target;
    if (head !== undefined && vector.originSeqOf(head.origin) >= head.originSeq) heads.note(head);
    if (decidedNote(record) !== undefined) {
      const { decided } = this.#target;
      decided.seq = Math.max(decided.seq, noteSeq);
      return;
    }
    const note = collectionNote(record);
    if (note === undefined) return;
    carryOut(this.#target, note);
    this.#target.collected.note(note.frontier, lastSeqOf(note), noteSeq);
  }

  #bundle(bundle: BundleRecord, firstSeq: number, toSeq: number): number {
    const reader = this.#reader;
    reader.open(bundle.source, bundle.authoredStart, bundle.authoredEnd);
    const next = firstSeq + reader.commitCount;
    if (next - 1 <= this.#seq || firstSeq > toSeq) return next;
    this.#local.open(bundle.source, bundle.authoredEnd, bundle.localEnd);
    const at = reader.originOffset;
    const origin = this.#target.origins.indexOf(bundle.source.subarray(at, at + ORIGIN_BYTES));
    this.#target.seen.note(reader);
    for (let seq = firstSeq; reader.nextCommit(); seq++) {
      this.#local.nextCommit();
      this.#commit(origin, seq > this.#seq && seq <= toSeq ? seq : ALREADY);
    }
    this.#local.finish();
    this.#finishBundle(bundle);
    return next;
  }

  #finishBundle(bundle: BundleRecord): void {
    const { vector } = this.#target;
    const { origin, firstOriginSeq, commitCount } = this.#reader;
    const last = firstOriginSeq + commitCount - 1;
    if (vector.originSeqOf(origin) >= last) return;
    assert(
      vector.originSeqOf(origin) === firstOriginSeq - 1,
      `INV-3: a gap in the commits of ${origin}`,
    );
    const { source, digestStart } = bundle;
    vector.advance(origin, last, new Uint8Array(source.subarray(digestStart, digestStart + 32)));
  }

  #commit(origin: number, seq: number): void {
    const reader = this.#reader;
    const { ms, counter } = reader;
    const apply = seq !== ALREADY && this.#local.voidReason === undefined;
    while (reader.nextEvent()) {
      this.#local.nextLink();
      if (this.#local.voidReason !== undefined) continue;
      const effect = this.#local.nextEffect();
      if (apply) this.#event(origin, seq, effect);
    }
    if (seq === ALREADY) return;
    this.#seq = seq;
    this.#commits++;
    if (ms > this.#clock.ms || (ms === this.#clock.ms && counter > this.#clock.counter)) {
      this.#clock = { ms, counter };
    }
    this.#remember(seq);
    this.#told?.finish(seq);
  }

  #event(origin: number, seq: number, effect: Effect | undefined): void {
    const reader = this.#reader;
    const { source, keyStart, keyEnd } = reader;
    const event = eventCell(reader, origin);
    const { storage } = this.#target;
    if (effect === undefined) {
      storage.loadSorted(source, keyStart, keyEnd, event, seq);
      this.#told?.single(reader.key(), event);
      return;
    }
    const key = reader.key();
    storage.setSiblings(key, [...this.#named(key, effect), event], effect.view, seq);
    this.#told?.several(key);
  }

  /** A local record: keys whose siblings stay as they are, shown another way. */
  #viewChange(record: LogRecord, seq: number): void {
    if (seq <= this.#seq) return;
    const { storage } = this.#target;
    for (const { key, effect } of readViewChange(record).keys) {
      storage.setSiblings(key, this.#named(key, effect), effect.view, seq);
      this.#told?.several(key);
    }
    this.#seq = seq;
    this.#commits++;
    this.#told?.finish(seq);
  }

  #named(key: string, effect: Effect): Cell[] {
    const { storage, origins } = this.#target;
    const before = storage.readEntry(storage.find(key))?.siblings ?? [];
    return namedSiblings(effect, before, origins);
  }

  #remember(seq: number): void {
    const id = this.#reader.fields?.commandId;
    const { requestHash } = this.#local;
    if (id === undefined || requestHash === undefined) return;
    const { origin, originSeq, ms, counter } = this.#reader;
    this.#target.commands.remember(id, {
      requestHash,
      seq,
      origin,
      originSeq,
      ms,
      counter,
      durability: 'always',
    });
  }
}
