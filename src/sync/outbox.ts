/**
 * What one peer gets: a cursor over this node's log, never a queue of copies. It is computed anew
 * from the peer's vector at every open, so a restart loses nothing (INV-10). The cursor runs ahead
 * by a window; the acknowledged one follows only what the peer has durably. Frames without an
 * answer go again after a back-off, for ever: nothing is dropped for age or for attempts.
 */
import type { AckMessage, BundlesMessage, Refusal, Vector } from '../core/index.ts';
import { BackOff } from './back-off.ts';
import { ImpliedOrigins, keyOfOrigin } from './implied-origins.ts';
import { PeerVectors } from './peer-vectors.ts';
import type { Now, OutboxRead } from './ports.ts';
import { RateMeter } from './rate-meter.ts';
import { RefusalTable } from './refusal-table.ts';
import { type FrameInFlight, type FrameVerdict, mergedRuns, SendWindow } from './send-window.ts';
import { sooner, type SyncContext } from './sync-context.ts';

/** Bytes sent in one step; a long way is gone in several, so that others get their turn. */
const STEP_BYTES = 256 * 1024;
const TIMEOUT_ROUND_TRIPS = 4;

export class Outbox {
  readonly #context: SyncContext;
  readonly #peer: string;
  readonly vectors: PeerVectors;
  readonly refusals: RefusalTable = new RefusalTable();
  readonly window: SendWindow;
  readonly rate: RateMeter = new RateMeter();
  readonly #implied = new ImpliedOrigins();
  readonly #backOff: BackOff;
  #open = false;
  #cursorSeq = 0;
  /** The first seq behind the cursor that the peer is not known to have durably. */
  #gapSeq: number | undefined;
  #gapCheckMono: number | undefined;
  #nextFrame = 1;
  #notBeforeMono: number | undefined;
  #progressMono = 0;
  #acknowledgedSeq = 0;
  #ackedFrame = 0;
  /** There is more to send than one step may; `pump` goes on. */
  hungry = false;
  #awaitsHost = false;
  congested = false;
  belowFloor = false;
  retries = 0;
  roundTripMs: number | undefined;

  constructor(context: SyncContext, peer: string) {
    this.#context = context;
    this.#peer = peer;
    const { windowBytes, windowFrames, retryBaseMs, retryMaxMs } = context.options;
    this.vectors = new PeerVectors(context.predecessorOf);
    this.window = new SendWindow({ bytesMax: windowBytes, framesMax: windowFrames });
    this.#backOff = new BackOff(context.prng, { baseMs: retryBaseMs, maxMs: retryMaxMs });
  }

  get cursorSeq(): number {
    return this.#cursorSeq;
  }

  /** Everything up to here is durable at the peer, as far as this node was told. */
  get acknowledgedSeq(): number {
    return this.#acknowledgedSeq;
  }

  /** Timeouts since the last contact: a state that contact clears, not an end. */
  get failures(): number {
    return this.#backOff.failures;
  }

  get isSending(): boolean {
    return this.#open;
  }

  /** Monotonic time of the next attempt, while it waits after a timeout. */
  get nextRetryMono(): number | undefined {
    return this.#notBeforeMono;
  }

  /** A new link: everything begins from what the peer says that it has. */
  open(vector: Vector, now: Now): void {
    this.#open = true;
    this.#nextFrame = 1;
    this.#ackedFrame = 0;
    this.congested = false;
    this.refusals.clear();
    this.vectors.reset(vector);
    this.#implied.open(vector, this.#context.host.vector(), now.mono + this.timeoutMs);
    this.#contact(now);
    this.restart(now);
  }

  /** The link is gone: two numbers stay. */
  close(): void {
    this.#open = false;
    this.window.clear();
    this.#implied.clear();
    this.vectors.reset(this.vectors.assured);
    this.#notBeforeMono = this.#gapCheckMono = undefined;
    this.hungry = false;
  }

  /** Sends again from what the peer is known to have. */
  restart(now: Now): void {
    const { host, counters } = this.#context;
    const again = this.window.clear();
    this.vectors.expand();
    this.retries += again;
    counters.retried += again;
    this.#cursorSeq = host.startFor(this.vectors.reach) - 1;
    this.belowFloor = this.#cursorSeq < host.baseSeq();
    this.#gapSeq = undefined;
    if (this.vectors.isLagging) this.#lookForGap();
    this.#progressMono = now.mono;
    this.#note();
  }

  /** Reads and sends as much as window and peer allow; gives the commits put on their way. */
  pump(now: Now): number {
    let commits = 0;
    this.hungry = false;
    for (let bytes = 0; this.#mayRead(now); ) {
      if (bytes >= STEP_BYTES) {
        this.hungry = this.#cursorSeq < this.#context.host.durableSeq();
        return commits;
      }
      const read = this.#read();
      if (read === undefined) return commits;
      // A read that gives nothing has gone over as much as it may.
      bytes += read.bundles.length > 0 ? read.bytes : STEP_BYTES;
      if (read.bundles.length > 0) this.#send(read, now);
      commits += read.commits;
      const moved = read.lastSeq > this.#cursorSeq;
      if (moved) this.#cursorSeq = read.lastSeq;
      this.#note();
      if (read.blockedBy === 'later') this.#awaitsHost = true;
      if (read.blockedBy !== undefined || !moved) return commits;
    }
    return commits;
  }

  /** The host has more to give than when it said `later`. */
  advanced(now: Now): void {
    this.#awaitsHost = false;
    this.#doubtEnded(this.#implied.look(this.#context.host.vector()), now);
    // What came may be the successor that the peer's vector implies another origin by.
    if (this.#gapSeq !== undefined) this.#scheduleGapCheck(now);
  }

  drained(now: Now): void {
    this.congested = false;
    this.#progressMono = now.mono;
  }

  /** The peer sent this itself: it has it. */
  proved(origin: string, originSeq: number, now: Now): void {
    this.vectors.prove(origin, originSeq);
    if (this.#gapSeq !== undefined) this.#scheduleGapCheck(now);
  }

  /** What an ack says of this side's frames; gives the commits that it acknowledged. */
  acknowledge(ack: AckMessage, now: Now): number {
    const grown = this.vectors.merge(ack.received, ack.durable);
    const settled = this.refusals.settle(this.vectors.reach);
    const progress = ack.frame > this.#ackedFrame;
    this.#ackedFrame = Math.max(this.#ackedFrame, ack.frame);
    const { frames } = this.window;
    const commits = this.#release(now);
    // Alone that a frame was looked at ends no back-off: the peer may put it off again and again.
    if (grown || this.window.frames < frames) this.#contact(now);
    else if (progress) this.#progressMono = now.mono;
    if (grown && this.#gapSeq !== undefined) this.#scheduleGapCheck(now);
    if (ack.again) {
      this.refusals.askedAgain();
      this.restart(now);
    } else if (settled && this.#gapSeq !== undefined) this.#lookForGap();
    this.#note();
    return commits;
  }

  /** The peer does not take these: the cursor goes past them, the acknowledged one does not. */
  refuse(refusals: readonly Refusal[]): boolean {
    const own = this.#context.host.vector();
    let news = false;
    for (const refusal of refusals) news = this.refusals.add(refusal, own) || news;
    return news;
  }

  /** Membership changed or somebody asked: what was refused is offered once more. */
  redrive(now: Now): boolean {
    if (!this.refusals.clear() || !this.#open) return false;
    this.restart(now);
    return true;
  }

  /** Timeout, end of a back-off, lookups that are due; gives the frames that expired. */
  tick(now: Now): number {
    if (!this.#open) return 0;
    if (this.#notBeforeMono !== undefined && this.#notBeforeMono <= now.mono) {
      this.#notBeforeMono = undefined;
    }
    if (this.#gapCheckMono !== undefined && this.#gapCheckMono <= now.mono) {
      this.#lookForGap();
      this.#note();
    }
    this.#doubtEnded(this.#implied.endedAt(now.mono), now);
    const due = this.#timeoutMono();
    if (due === undefined || due > now.mono) return 0;
    const expired = this.window.frames;
    this.#context.counters.expired += expired;
    this.restart(now);
    this.#notBeforeMono = now.mono + this.#backOff.fail();
    this.#context.work.peerChanged(this.#peer);
    return expired;
  }

  /** When `tick` has something to do. */
  nextMono(now: Now): number | undefined {
    if (!this.#open) return undefined;
    if (this.hungry) return now.mono;
    const soonest = sooner(sooner(this.#notBeforeMono, this.#timeoutMono()), this.#gapCheckMono);
    return sooner(soonest, this.#implied.untilMono);
  }

  /** Milliseconds without progress after which frames go again. */
  get timeoutMs(): number {
    const { ackTimeoutMinMs, ackTimeoutMs } = this.#context.options;
    const trips = (this.roundTripMs ?? ackTimeoutMs) * TIMEOUT_ROUND_TRIPS;
    const patience = Math.min(ackTimeoutMs, Math.max(ackTimeoutMinMs, trips));
    return patience * 2 ** Math.min(this.#backOff.failures, 5);
  }

  #timeoutMono(): number | undefined {
    const { oldest } = this.window;
    if (oldest === undefined || this.congested) return undefined;
    return Math.max(oldest.sentMono, this.#progressMono) + this.timeoutMs;
  }

  #contact(now: Now): void {
    this.#backOff.succeed();
    this.#progressMono = now.mono;
    this.#notBeforeMono = undefined;
  }

  #mayRead(now: Now): boolean {
    if (!this.#open || this.congested || this.#awaitsHost || this.belowFloor) return false;
    if (this.#notBeforeMono !== undefined && this.#notBeforeMono > now.mono) return false;
    const { frameBytes, windowBytes } = this.#context.options;
    return this.window.frames === 0 || this.window.room >= Math.min(frameBytes, windowBytes);
  }

  #read(): OutboxRead | undefined {
    const { host, options, frozen } = this.#context;
    const toSeq = host.durableSeq();
    if (this.#cursorSeq >= toSeq) return undefined;
    this.belowFloor = this.#cursorSeq < host.baseSeq();
    if (this.belowFloor) return undefined;
    const { room } = this.window;
    if (this.vectors.isLagging) this.#gapAt(this.#cursorSeq + 1);
    if (this.vectors.hasAll(host.vector())) {
      this.#cursorSeq = toSeq;
      this.#note();
      return undefined;
    }
    const read = host.readOutbox(this.#cursorSeq + 1, {
      toSeq,
      vector: this.vectors.reach,
      skips: (origin, _first, last) =>
        frozen.has(origin) ||
        this.#implied.has(origin) ||
        this.refusals.blocking(origin, last) !== undefined,
      bytesMax: Math.min(options.frameBytes, room),
      largestMax: this.window.frames === 0 ? Number.POSITIVE_INFINITY : room,
    });
    if (read.firstSkippedSeq !== undefined) this.#gapAt(read.firstSkippedSeq);
    return read;
  }

  #send(read: OutboxRead, now: Now): void {
    const { bundles, heads, bytes, commits, lastSeq, runs } = read;
    const { counters, work } = this.#context;
    const frame = this.#nextFrame++;
    const firstSeq = this.#cursorSeq + 1;
    const ends = mergedRuns(runs);
    if (this.window.frames === 0) this.rate.start(now.mono);
    this.window.add({ frame, firstSeq, lastSeq, bytes, commits, sentMono: now.mono, ends });
    const message: BundlesMessage = { kind: 'bundles', frame, bundles, heads };
    work.send(this.#peer, message);
    counters.batchesSent++;
    counters.commitsSent += commits;
    counters.bytesSent += bytes;
  }

  #release(now: Now): number {
    const released = this.window.release((frame) => this.#verdict(frame));
    let commits = 0;
    for (const [frame, verdict] of released) {
      if (verdict === 'blocked') this.#gapAt(frame.firstSeq);
      else {
        commits += frame.commits;
        this.rate.add(frame.bytes, now.mono);
        this.#measure(now.mono - frame.sentMono);
      }
    }
    this.#context.counters.acknowledged += commits;
    return commits;
  }

  /** Durable at the peer, or not taken there: only then is a frame done. */
  #verdict(frame: FrameInFlight): FrameVerdict {
    const { assured } = this.vectors;
    const lacking = frame.ends.filter(
      ({ origin, lastOriginSeq }) => assured.originSeqOf(origin) < lastOriginSeq,
    );
    if (lacking.length === 0) return 'durable';
    if (frame.frame > this.#ackedFrame) return 'open';
    const blocked = lacking.every(
      ({ origin, lastOriginSeq }) => this.refusals.blocking(origin, lastOriginSeq) !== undefined,
    );
    return blocked ? 'blocked' : 'open';
  }

  #measure(sampleMs: number): void {
    const before = this.roundTripMs ?? sampleMs;
    this.roundTripMs = before + (sampleMs - before) / 8;
  }

  /** Of these keys something was passed over: what is not there after all goes now. */
  #doubtEnded(keys: ReadonlySet<string>, now: Now): void {
    if (keys.size === 0) return;
    this.vectors.expand();
    const own = this.#context.host.vector();
    const isLacking = this.vectors.lacks(own, (origin) => keys.has(keyOfOrigin(origin)));
    if (isLacking) this.restart(now);
    else this.#lookForGap();
    this.#note();
  }

  #gapAt(seq: number): void {
    this.#gapSeq = Math.min(this.#gapSeq ?? seq, seq);
  }

  #scheduleGapCheck(now: Now): void {
    this.#gapCheckMono ??= now.mono + this.#context.options.gapCheckMs;
  }

  /** Where the peer's durable vector really stands, behind the cursor. */
  #lookForGap(): void {
    this.#gapCheckMono = undefined;
    this.vectors.expand();
    const start = this.#context.host.startFor(this.vectors.assured);
    this.#gapSeq = start <= this.#cursorSeq ? start : undefined;
  }

  /** The acknowledged cursor: before the oldest frame in flight and before any gap. */
  #note(): void {
    let seq = this.#cursorSeq;
    const { oldest } = this.window;
    if (oldest !== undefined) seq = Math.min(seq, oldest.firstSeq - 1);
    if (this.#gapSeq !== undefined) seq = Math.min(seq, this.#gapSeq - 1);
    this.#acknowledgedSeq = seq;
  }
}
