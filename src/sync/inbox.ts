/**
 * What one peer sends: frames in order, sifted, handed to the lane, acknowledged when they are
 * decided. The ack names what is received and what is durable here, never more; a frame that comes
 * twice is acknowledged twice. Frames that the lane has not decided are bounded in bytes: above
 * that the peer is paused, and what comes all the same is dropped and asked for again.
 */
import type { BundlesMessage, Refusal } from '../core/index.ts';
import { BackOff } from './back-off.ts';
import { siftFrame, type SiftedBundle } from './frame-sieve.ts';
import { HoldTable } from './hold-table.ts';
import type { BundleOutcome, Now } from './ports.ts';
import { freeze, monoOfWall, sooner, type SyncContext } from './sync-context.ts';

const WAITING_ORIGINS_MAX = 1024;
/** While frames go on coming; when none is left, the ack goes at once. */
const ACK_EVERY_FRAMES = 4;
/** Refusals that are shown of one peer, each origin and cause once. */
const ALARMS_MAX = 16;

interface PendingFrame {
  readonly ticket: number;
  readonly frame: number;
  readonly bytes: number;
  readonly bundles: readonly SiftedBundle['facts'][];
  decided: boolean;
}

/** What the caller has to do after a frame or an outcome. */
export interface InboxStep {
  /** An ack is owed now. */
  readonly ack: boolean;
  /** The peer breaks the protocol: end the link. */
  readonly close: string | undefined;
  /** What the peer has shown to have. */
  readonly proven: readonly { readonly origin: string; readonly originSeq: number }[];
  readonly applied: number;
}

const NOTHING: InboxStep = { ack: false, close: undefined, proven: [], applied: 0 };

export class Inbox {
  readonly #context: SyncContext;
  readonly #peer: string;
  readonly holds: HoldTable;
  readonly #backOff: BackOff;
  /** Frames with the lane, in the order in which they came; those of an earlier link among them. */
  #pending: PendingFrame[] = [];
  #pendingBytes = 0;
  #lastFrame = 0;
  #decidedFrame = 0;
  #decidedSinceAck = 0;
  #paused = false;
  #refusals: Refusal[] = [];
  /** Bundles that were asked for again because something before them was missing. */
  readonly #waited = new Set<string>();
  readonly #alarmed = new Set<string>();
  /** The next ack asks for everything again, */
  #again = false;
  /** at this monotonic time at the earliest. */
  #againMono: number | undefined;

  constructor(context: SyncContext, peer: string) {
    this.#context = context;
    this.#peer = peer;
    const { holdsMax, retryBaseMs, retryMaxMs } = context.options;
    this.holds = new HoldTable(holdsMax);
    this.#backOff = new BackOff(context.prng, { baseMs: retryBaseMs, maxMs: retryMaxMs });
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get decidedFrame(): number {
    return this.#decidedFrame;
  }

  /** A new link: frames count from 1; what the lane still has of the old one counts for nobody. */
  open(): void {
    this.#lastFrame = 0;
    this.#decidedFrame = 0;
    this.#pending = this.#pending.map((frame) => ({ ...frame, frame: 0 }));
    this.#refusals = [];
    this.#again = false;
    this.#againMono = undefined;
    this.#paused = false;
    this.#waited.clear();
    this.holds.clear();
  }

  /** A frame from the peer. `closing`: nothing of it is taken. */
  frame(message: BundlesMessage, closing: boolean, now: Now): InboxStep {
    const { frame, bundles } = message;
    if (frame <= this.#lastFrame) return { ...NOTHING, ack: true };
    const bytes = bundles.reduce((sum, bundle) => sum + bundle.length, 0);
    const { counters } = this.#context;
    counters.batchesReceived++;
    counters.bytesReceived += bytes;
    if (this.#isFull(bytes)) {
      this.#again = true;
      return NOTHING;
    }
    // A frame that is missing was dropped above; what it brought is asked for again.
    this.#lastFrame = frame;
    return this.#sift(message, bytes, closing, now);
  }

  #sift(message: BundlesMessage, bytes: number, closing: boolean, now: Now): InboxStep {
    const { host, frozen, counters, work } = this.#context;
    const parts = {
      holds: this.holds,
      frozen,
      vector: host.vector(),
      wall: now.wall,
      driftLimitMs: host.driftLimitMs(),
    };
    const sifted = siftFrame(message.bundles, parts);
    if (sifted.garbage) {
      work.alarm({ alarm: 'malformed', peer: this.#peer, detail: 'a frame holds no bundles' });
      return { ...NOTHING, close: 'malformed' };
    }
    counters.duplicatesReceived += sifted.duplicates.length;
    const proven = sifted.duplicates.map(lastOf);
    for (const refusal of sifted.refusals) this.#refuse(refusal);
    counters.refusedReceived += sifted.refusals.filter(({ kind }) => kind === 'refused').length;
    let { take } = sifted;
    if (closing) {
      for (const { facts } of take) this.#refuse(refused(facts, 'its membership is closing'));
      take = [];
    }
    if (sifted.refusals.length > 0) work.peerChanged(this.#peer);
    if (take.length === 0) {
      if (this.#pending.length === 0) this.#decidedFrame = message.frame;
      else this.#wait({ message, bytes: 0, take, decided: true });
      return { ...NOTHING, proven, ack: this.#pending.length === 0 };
    }
    const ticket = this.#wait({ message, bytes, take, decided: false });
    const handed = take.map((bundle) => bundle.bytes);
    const { heads } = message;
    work.add({ kind: 'receive', peer: this.#peer, frame: ticket, bundles: handed, heads });
    this.#pauseIfFull();
    return { ...NOTHING, proven };
  }

  /** The lane has decided a frame; `undefined` where this peer has none of that name. */
  decided(ticket: number, outcomes: readonly BundleOutcome[], now: Now): InboxStep | undefined {
    const pending = this.#pending.find((frame) => frame.ticket === ticket && !frame.decided);
    if (pending === undefined) return undefined;
    pending.decided = true;
    const proven: { origin: string; originSeq: number }[] = [];
    let applied = 0;
    pending.bundles.forEach((facts, index) => {
      const outcome = outcomes[index] ?? { kind: 'deferred', reason: 'no outcome' };
      if (outcome.kind === 'applied' || outcome.kind === 'duplicate') proven.push(lastOf(facts));
      if (outcome.kind === 'applied') applied += outcome.commits;
      this.#outcome(facts, outcome, now);
    });
    if (applied > 0) this.#backOff.succeed();
    this.#advance();
    const ack = this.#pending.length === 0 || ++this.#decidedSinceAck >= ACK_EVERY_FRAMES;
    return { ack, close: undefined, proven, applied };
  }

  /** What the next ack says of refusals and of asking again. */
  takeAck(now: Now): { refusals: readonly Refusal[]; again: boolean } {
    this.#decidedSinceAck = 0;
    const max = this.#context.options.refusalsMax;
    const refusals = this.#refusals.slice(0, max);
    this.#refusals = this.#refusals.slice(max);
    const due = this.#againMono === undefined || this.#againMono <= now.mono;
    const again = this.#again && due;
    if (again) {
      this.#again = false;
      this.#againMono = undefined;
    }
    return { refusals, again };
  }

  /** Ends holds and waits that are over; whether the peer has to be asked again. */
  tick(now: Now): boolean {
    if (this.holds.release(now, this.#context.host.vector())) {
      this.#again = true;
      this.#context.work.peerChanged(this.#peer);
    }
    return this.#again && (this.#againMono === undefined || this.#againMono <= now.mono);
  }

  /** An origin was thawed: what waited for it is asked for again. */
  askAgain(): void {
    this.holds.clear();
    this.#again = true;
    this.#againMono = undefined;
  }

  nextMono(now: Now): number | undefined {
    const ends = this.holds.nextEnds();
    const again = this.#again ? (this.#againMono ?? now.mono) : undefined;
    return sooner(sooner(monoOfWall(ends.wall, now), ends.mono), again);
  }

  #wait(parts: {
    message: BundlesMessage;
    bytes: number;
    take: readonly SiftedBundle[];
    decided: boolean;
  }): number {
    const { message, bytes, take, decided } = parts;
    const ticket = this.#context.nextTicket++;
    const bundles = take.map(({ facts }) => facts);
    this.#pending.push({ ticket, frame: message.frame, bytes, bundles, decided });
    this.#pendingBytes += bytes;
    return ticket;
  }

  /** Frames count as dealt with in the order in which they came. */
  #advance(): void {
    while (this.#pending[0]?.decided === true) {
      const { frame, bytes } = this.#pending.shift() as PendingFrame;
      this.#pendingBytes -= bytes;
      this.#decidedFrame = Math.max(this.#decidedFrame, frame);
    }
    if (this.#paused && this.#pendingBytes * 2 <= this.#context.options.receiveBytes) {
      this.#paused = false;
      this.#context.work.add({ kind: 'resume', peer: this.#peer });
    }
  }

  #isFull(bytes: number): boolean {
    const limit = this.#context.options.receiveBytes;
    return this.#pendingBytes > 0 && this.#pendingBytes + bytes > limit;
  }

  #pauseIfFull(): void {
    if (this.#paused || this.#pendingBytes < this.#context.options.receiveBytes) return;
    this.#paused = true;
    this.#context.work.add({ kind: 'pause', peer: this.#peer });
  }

  #outcome(facts: SiftedBundle['facts'], outcome: BundleOutcome, now: Now): void {
    const { counters } = this.#context;
    switch (outcome.kind) {
      case 'applied':
        counters.commitsReceived += outcome.commits;
        for (const { originSeq, reason } of outcome.voids) {
          this.#refuse({ origin: facts.origin, originSeq, kind: 'void', reason, untilMs: 0 });
        }
        return;
      case 'duplicate':
        counters.duplicatesReceived++;
        return;
      case 'waiting':
        this.#waiting(facts, outcome.missing, now);
        return;
      case 'fork':
        freeze(this.#context, this.#peer, outcome);
        this.#refuse({ ...refused(facts, 'the origin is frozen'), kind: 'fork' });
        return;
      case 'unsupported':
        this.#hold(facts, { kind: 'unsupported', reason: outcome.reason });
        return;
      case 'deferred':
        this.#askLater(now);
        return;
      default:
        this.#refuseForGood(facts, outcome);
    }
  }

  #refuseForGood(
    facts: SiftedBundle['facts'],
    { kind, reason }: { readonly kind: string; readonly reason: string },
  ): void {
    const { counters, work } = this.#context;
    counters.refusedReceived++;
    this.#refuse(refused(facts, `${kind}: ${reason}`));
    const { origin } = facts;
    const cause = `${kind} ${origin}`;
    if (this.#alarmed.has(cause) || this.#alarmed.size >= ALARMS_MAX) return;
    this.#alarmed.add(cause);
    const name = `${origin}/${facts.firstOriginSeq}`;
    const detail = `a bundle at ${name} that ${this.#peer} sent is refused: ${kind}: ${reason}`;
    work.alarm({ alarm: 'refused', peer: this.#peer, origin, detail });
  }

  /** Asked again at once the first time, held with a back-off from then on: never in a loop. */
  #waiting(
    facts: SiftedBundle['facts'],
    needs: readonly { origin: string; originSeq: number }[],
    now: Now,
  ): void {
    const name = `${facts.origin}/${facts.firstOriginSeq}`;
    if (!this.#waited.has(name) && this.#waited.size < WAITING_ORIGINS_MAX) {
      this.#waited.add(name);
      this.#again = true;
      return;
    }
    const retryMono = now.mono + this.#backOff.fail();
    const [first] = needs;
    const reason = `it has seen ${first?.origin}/${first?.originSeq}, which is not here`;
    this.#hold(facts, { kind: 'held', reason, needs, retryMono });
  }

  #hold(
    facts: SiftedBundle['facts'],
    why: {
      kind: 'held' | 'unsupported';
      reason: string;
      needs?: readonly { origin: string; originSeq: number }[];
      retryMono?: number;
    },
  ): void {
    const { origin, firstOriginSeq: originSeq } = facts;
    const { kind, reason, needs = [], retryMono } = why;
    this.holds.add({ origin, originSeq, kind, reason, untilMs: 0, needs, retryMono });
    this.#refuse({ origin, originSeq, kind, reason, untilMs: 0 });
  }

  #askLater(now: Now): void {
    this.#again = true;
    this.#againMono ??= now.mono + this.#backOff.fail();
  }

  /** Bounded: what does not fit is told when it comes again. */
  #refuse(refusal: Refusal): void {
    const max = this.#context.options.refusalsMax * 4;
    if (this.#refusals.length < max) this.#refusals.push(refusal);
  }
}

function lastOf(facts: SiftedBundle['facts']): { origin: string; originSeq: number } {
  return { origin: facts.origin, originSeq: facts.lastOriginSeq };
}

function refused(facts: SiftedBundle['facts'], reason: string): Refusal {
  const { origin, firstOriginSeq: originSeq } = facts;
  return { origin, originSeq, kind: 'refused', reason, untilMs: 0 };
}
