/**
 * The outbox of a peer is the log itself, read from a cursor: whole bundles that the peer lacks, in
 * log order (which is a causal order), together with signed heads that cover every one of them. Own
 * chains are signed here, when they are first sent; of others the heads that came with their
 * bundles stand in the log right behind them, so what is cut off at such a place can be proved by a
 * relay.
 */
import { BundleReader, type SignedHead } from '../../core/index.ts';
import type { OutboxRead, OutboxRun, OutboxWindow } from '../../sync/index.ts';
import { bundleRecord, type BundleRecord, headRecord } from '../../store/transactions/index.ts';
import { type CommitLog, type LogRecord, RECORD_KIND } from '../../wal/index.ts';

/** What the reader needs of its node. */
export interface OutboxSource {
  readonly log: CommitLog;
  /** Key id of this node as hex: what begins its origins. */
  readonly fingerprint: string;
  sign(origin: string, originSeq: number, digest: Uint8Array): SignedHead;
}

/** Bytes of log that one call looks at, where nothing in them is wanted. */
const SCAN_BYTES = 1024 * 1024;
const DIGEST_BYTES = 32;

export function readOutbox(
  source: OutboxSource,
  fromSeq: number,
  window: OutboxWindow,
): OutboxRead {
  const unproved = new Set<string>();
  for (;;) {
    const pass = new OutboxPass(source, fromSeq, window, unproved);
    const read = pass.run();
    if (read !== undefined) return read;
    // What no head covers yet waits for the rest of its frame; what is behind it goes on.
    unproved.add(pass.firstUnproved as string);
  }
}

/** One bundle that was taken; `digest` of an own one: its chain behind it. */
interface Taken {
  readonly bytes: Uint8Array;
  readonly run: OutboxRun;
  readonly digest: Uint8Array | undefined;
}

/** A place where the frame may end: everything before it is covered. */
interface SafeEnd {
  readonly taken: number;
  readonly seq: number;
  readonly firstSkippedSeq: number | undefined;
}

class OutboxPass {
  readonly #source: OutboxSource;
  readonly #fromSeq: number;
  readonly #window: OutboxWindow;
  readonly #unproved: ReadonlySet<string>;
  readonly #reader = new BundleReader();
  readonly #taken: Taken[] = [];
  /** Heads with how many bundles had been taken when they were read. */
  readonly #heads: { readonly head: SignedHead; readonly at: number }[] = [];
  /** Of other origins, what was taken and is not covered yet: up to which originSeq. */
  readonly #open = new Map<string, number>();
  #bytes = 0;
  #scanned = 0;
  #seq: number;
  #firstSkippedSeq: number | undefined = undefined;
  #safe: SafeEnd;
  #isFull = false;
  #isTooLarge = false;

  constructor(
    source: OutboxSource,
    fromSeq: number,
    window: OutboxWindow,
    unproved: ReadonlySet<string>,
  ) {
    this.#source = source;
    this.#fromSeq = fromSeq;
    this.#window = window;
    this.#unproved = unproved;
    this.#seq = fromSeq - 1;
    this.#safe = this.#end();
  }

  /** The first origin that nothing covers, where `run` gave nothing. */
  get firstUnproved(): string | undefined {
    return this.#open.keys().next().value;
  }

  /** `undefined` where nothing can be proved and something waits for its proof. */
  run(): OutboxRead | undefined {
    const { log } = this.#source;
    const { toSeq } = this.#window;
    if (this.#fromSeq <= toSeq) {
      for (const batch of log.read(this.#fromSeq, { toSeq })) {
        this.#batch(batch.firstSeq, batch.records, toSeq);
        if (this.#isFull) break;
      }
    }
    const { taken } = this.#safe;
    if (this.#isTooLarge && taken === 0) return { ...this.#read(), blockedBy: 'larger' };
    return this.#open.size > 0 && taken === 0 ? undefined : this.#read();
  }

  #batch(firstSeq: number, records: readonly LogRecord[], toSeq: number): void {
    let seq = firstSeq;
    for (const record of records) {
      const head = headRecord(record);
      if (head !== undefined) this.#head(head);
      else if (record.kind === RECORD_KIND.viewChanged) this.#seq = Math.max(this.#seq, seq++);
      else {
        const bundle = bundleRecord(record);
        if (bundle === undefined) continue;
        seq = this.#bundle(bundle, seq, toSeq);
      }
      if (this.#isFull) return;
      if (this.#open.size === 0) this.#safe = this.#end();
    }
  }

  #bundle(record: BundleRecord, seq: number, toSeq: number): number {
    const reader = this.#reader;
    const { source, authoredStart, authoredEnd } = record;
    reader.open(source, authoredStart, authoredEnd);
    const { origin, firstOriginSeq, commitCount } = reader;
    const next = seq + commitCount;
    if (next - 1 < this.#fromSeq) return next;
    const length = authoredEnd - authoredStart;
    this.#scanned += length;
    if (next - 1 > toSeq || this.#scanned > SCAN_BYTES) {
      this.#isFull = true;
      return next;
    }
    const lastOriginSeq = firstOriginSeq + commitCount - 1;
    const run = { origin, firstOriginSeq, lastOriginSeq };
    if (this.#window.vector.originSeqOf(origin) >= lastOriginSeq) this.#seq = next - 1;
    else if (this.#isSkipped(run)) {
      this.#firstSkippedSeq ??= seq;
      this.#seq = next - 1;
    } else if (this.#hasRoom(length)) {
      this.#take(record, run, length);
      this.#seq = next - 1;
    } else this.#isFull = true;
    return next;
  }

  #isSkipped({ origin, firstOriginSeq, lastOriginSeq }: OutboxRun): boolean {
    return this.#unproved.has(origin) || this.#window.skips(origin, firstOriginSeq, lastOriginSeq);
  }

  /** A frame ends at its size, but not where it would end without proof. */
  #hasRoom(length: number): boolean {
    const { bytesMax, largestMax } = this.#window;
    if (this.#taken.length === 0) {
      this.#isTooLarge = length > largestMax && length > bytesMax;
      return !this.#isTooLarge;
    }
    if (this.#bytes + length <= bytesMax) return true;
    return this.#safe.taken === 0 && this.#bytes + length <= largestMax;
  }

  #take(record: BundleRecord, run: OutboxRun, length: number): void {
    const { source, authoredStart, authoredEnd, digestStart } = record;
    const isOwn = run.origin.startsWith(`${this.#source.fingerprint}.`);
    // Copies: a `slice` of a Buffer would go on showing what is read next.
    const digest = isOwn
      ? new Uint8Array(source.subarray(digestStart, digestStart + DIGEST_BYTES))
      : undefined;
    this.#taken.push({
      bytes: new Uint8Array(source.subarray(authoredStart, authoredEnd)),
      run,
      digest,
    });
    this.#bytes += length;
    if (!isOwn) this.#open.set(run.origin, run.lastOriginSeq);
  }

  #head(head: SignedHead): void {
    const taken = this.#open.get(head.origin);
    // It must end where the bundles taken end: one that lies elsewhere proves nothing here.
    if (taken !== head.originSeq) return;
    this.#open.delete(head.origin);
    this.#heads.push({ head, at: this.#taken.length });
  }

  #end(): SafeEnd {
    const { length: taken } = this.#taken;
    return { taken, seq: this.#seq, firstSkippedSeq: this.#firstSkippedSeq };
  }

  /** What was taken up to the last safe end. */
  #read(): OutboxRead {
    const { taken, seq: lastSeq, firstSkippedSeq } = this.#safe;
    const items = this.#taken.slice(0, taken);
    const runs: OutboxRun[] = [];
    for (const { run } of items) addRun(runs, run);
    return {
      bundles: items.map(({ bytes }) => bytes),
      heads: this.#headsOf(items),
      lastSeq,
      runs,
      commits: runs.reduce((sum, run) => sum + run.lastOriginSeq - run.firstOriginSeq + 1, 0),
      bytes: items.reduce((sum, { bytes }) => sum + bytes.length, 0),
      firstSkippedSeq,
      blockedBy: undefined,
    };
  }

  #headsOf(items: readonly Taken[]): SignedHead[] {
    const heads = new Map<string, SignedHead>();
    for (const { head, at } of this.#heads) if (at <= items.length) heads.set(head.origin, head);
    const own = new Map<string, Taken>();
    for (const item of items) if (item.digest !== undefined) own.set(item.run.origin, item);
    for (const [origin, { run, digest }] of own) {
      heads.set(origin, this.#source.sign(origin, run.lastOriginSeq, digest as Uint8Array));
    }
    return [...heads.values()];
  }
}

function addRun(runs: OutboxRun[], run: OutboxRun): void {
  const last = runs.at(-1);
  const goesOn = last?.origin === run.origin && last.lastOriginSeq + 1 === run.firstOriginSeq;
  if (goesOn) runs[runs.length - 1] = { ...last, lastOriginSeq: run.lastOriginSeq };
  else runs.push(run);
}
