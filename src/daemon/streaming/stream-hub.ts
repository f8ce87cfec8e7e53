/**
 * One node's commits for all who follow them: each is read from the log and decoded once, and the
 * same bytes go to everybody. What became durable within `GATHER_MS` shares one block. The newest
 * blocks are kept, in bounds; who is further behind reads the log, one piece in each turn, and
 * nobody's slowness is anybody else's. Works only while somebody is there.
 */
import type { DurableCommits, DurableEvent, Freshness, LogPlace } from '../../engine/index.ts';
import { CommitBlock } from './commit-block.ts';
import { TurnQueue } from './turn-queue.ts';

/** How long commits may wait for others to share a write with. */
const GATHER_MS = 10;
/** What all kept blocks together may take. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;
/** Readers served in one turn of the event loop. */
const TURN_READERS = 16;
const SWEEP_MS = 1_000;

/** Whom the hub serves. */
export interface HubReader {
  /** There is more; or time has passed. Never throws. */
  pump(): void;
  /** Tells how fresh the node is, if it is time for that. */
  rest(nowMs: number, freshness: Freshness): void;
  /** Whether `rest` would tell anything. */
  isRestDue(nowMs: number): boolean;
  /** The log is another one now, or the node was closed. */
  finish(event: Exclude<DurableEvent, 'more'>): void;
}

/** What the hub follows. */
export interface StreamedNode {
  readonly durable: DurableCommits;
  freshness(): Promise<Freshness>;
}

const HUBS = new WeakMap<DurableCommits, StreamHub>();

export class StreamHub {
  readonly commits: DurableCommits;
  readonly turns: TurnQueue = new TurnQueue();
  readonly #node: StreamedNode;
  readonly #readers = new Set<HubReader>();
  #blocks: CommitBlock[] = [];
  #keptBytes = 0;
  #seq = 0;
  #place: LogPlace | undefined;
  #ending: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #steppedMs = 0;

  private constructor(node: StreamedNode) {
    this.#node = node;
    this.commits = node.durable;
  }

  /** The one hub of a node, whoever serves it and for whom. */
  static of(node: StreamedNode): StreamHub {
    const found = HUBS.get(node.durable);
    if (found !== undefined) return found;
    const hub = new StreamHub(node);
    HUBS.set(node.durable, hub);
    return hub;
  }

  /** Blocks reach up to this commit. */
  get seq(): number {
    return this.#seq;
  }

  /** The place of that commit. */
  get place(): LogPlace {
    if (this.#place?.seq !== this.#seq) this.#place = this.commits.placeAt(this.#seq);
    return this.#place;
  }

  /** From now on the reader is pumped; the returned function ends that. */
  join(reader: HubReader): () => void {
    if (this.#readers.size === 0) this.#begin();
    this.#readers.add(reader);
    return () => {
      if (this.#readers.delete(reader) && this.#readers.size === 0) this.#end();
    };
  }

  /** The kept block that goes on behind `position`; `undefined` where that is let go. */
  blockBehind(position: number): CommitBlock | undefined {
    const [oldest] = this.#blocks;
    if (oldest === undefined || position + 1 < oldest.fromSeq) return undefined;
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#blocks[middle] as CommitBlock).lastSeq > position) high = middle;
      else low = middle + 1;
    }
    return this.#blocks[low];
  }

  #begin(): void {
    this.#seq = this.commits.seq;
    this.#ending = this.commits.listen((event) => this.#hear(event));
    this.#sweep = setInterval(() => void this.#rest(), SWEEP_MS);
    this.#sweep.unref();
  }

  #end(): void {
    this.#ending?.();
    clearInterval(this.#sweep);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#forget();
  }

  #forget(): void {
    this.#blocks = [];
    this.#keptBytes = 0;
    this.#place = undefined;
  }

  #hear(event: DurableEvent): void {
    if (event === 'more') {
      this.#arm();
      return;
    }
    this.#forget();
    if (!this.commits.isClosed) this.#seq = this.commits.seq;
    for (const reader of [...this.#readers]) reader.finish(event);
  }

  /** The next step begins at once after a pause, else when commits have gathered. */
  #arm(): void {
    if (this.#timer !== undefined) return;
    const sinceMs = performance.now() - this.#steppedMs;
    this.#timer = setTimeout(() => void this.#step(), Math.max(0, GATHER_MS - sinceMs));
  }

  async #step(): Promise<void> {
    this.#steppedMs = performance.now();
    const isMore = this.#gather();
    await this.#each((reader) => reader.pump());
    this.#timer = undefined;
    if (this.#readers.size > 0 && (isMore || this.commits.seq > this.#seq)) this.#arm();
  }

  /** Reads the next block; whether there is more than it holds. */
  #gather(): boolean {
    if (this.commits.isClosed) return false;
    const toSeq = this.commits.seq;
    if (toSeq <= this.#seq) return false;
    try {
      const fromSeq = this.#seq + 1;
      this.#keep(CommitBlock.gather(this.commits.read(fromSeq), fromSeq, toSeq));
    } catch {
      // Each reader finds out by itself what is wrong with the log.
      this.#forget();
      this.#seq = toSeq;
    }
    return this.#seq < toSeq;
  }

  #keep(block: CommitBlock): void {
    this.#blocks.at(-1)?.age();
    this.#blocks.push(block);
    this.#keptBytes += block.bytes;
    this.#seq = block.lastSeq;
    this.#place = block.commits.at(-1)?.place;
    while (this.#keptBytes > KEPT_BYTES_MAX && this.#blocks.length > 1) {
      this.#keptBytes -= (this.#blocks.shift() as CommitBlock).bytes;
    }
  }

  async #rest(): Promise<void> {
    const nowMs = performance.now();
    const due = [...this.#readers].filter((reader) => reader.isRestDue(nowMs));
    if (due.length === 0) return;
    try {
      const freshness = await this.#node.freshness();
      await this.#each((reader) => reader.rest(nowMs, freshness), due);
    } catch {
      // The node is closed: its readers hear of that.
    }
  }

  async #each(visit: (reader: HubReader) => void, readers = [...this.#readers]): Promise<void> {
    for (const [index, reader] of readers.entries()) {
      if (index % TURN_READERS === TURN_READERS - 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (this.#readers.has(reader)) visit(reader);
    }
  }
}
