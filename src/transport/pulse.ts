/**
 * Whether the other side is alive, how long a round trip takes, and how far its clock is from ours.
 * Values in, values out: when to ping and what the time is comes from outside. The offset is that
 * of the quickest of the last round trips, which says most about the clocks.
 */

const SAMPLES_MAX = 8;
/** Pings whose answers would still count. */
const SENT_MAX = 64;

interface Sample {
  readonly roundTripMs: number;
  readonly offsetMs: number;
}

/** Time as pings need it. */
export interface PulseTime {
  readonly wallMs: number;
  readonly monoMs: number;
}

/** `idle`: no byte came; `slow`: bytes come, but pings are not answered. */
export type PulseVerdict = 'ping' | 'idle' | 'slow';

export class Pulse {
  readonly #pingsMax: number;
  readonly #sent = new Map<number, PulseTime>();
  readonly #samples: Sample[] = [];
  #lastId = 0;
  #silentPings = 0;
  #unansweredPings = 0;

  constructor(unansweredPingsMax: number) {
    this.#pingsMax = unansweredPingsMax;
  }

  /** The last round trip; `undefined` before the first. */
  get roundTripMs(): number | undefined {
    return this.#samples.at(-1)?.roundTripMs;
  }

  /** Wall clock of the other side less ours. */
  get clockOffsetMs(): number | undefined {
    let best: Sample | undefined;
    for (const sample of this.#samples) {
      if (best === undefined || sample.roundTripMs < best.roundTripMs) best = sample;
    }
    return best?.offsetMs;
  }

  /** Something came, whatever it was. */
  heard(): void {
    this.#silentPings = 0;
  }

  /** Asked before each ping: whether to send it or to give the other side up. */
  verdict(): PulseVerdict {
    if (this.#silentPings >= this.#pingsMax) return 'idle';
    return this.#unansweredPings >= 2 * this.#pingsMax ? 'slow' : 'ping';
  }

  /** Forgets what is unanswered: this side did not listen. */
  forgive(): void {
    this.#silentPings = 0;
    this.#unansweredPings = 0;
  }

  /** The id of the ping that is sent now. */
  sent(time: PulseTime): number {
    this.#lastId += 1;
    this.#sent.set(this.#lastId, time);
    this.#sent.delete(this.#lastId - SENT_MAX);
    this.#silentPings += 1;
    this.#unansweredPings += 1;
    return this.#lastId;
  }

  /** `false` if no such ping was ever sent. */
  answered(id: number, theirWallMs: number, now: PulseTime): boolean {
    const sent = this.#sent.get(id);
    if (sent === undefined) return id > 0 && id <= this.#lastId;
    // Answers come in order: what is older is not answered any more.
    for (const older of this.#sent.keys()) if (older <= id) this.#sent.delete(older);
    this.#unansweredPings = 0;
    const roundTripMs = now.monoMs - sent.monoMs;
    const offsetMs = theirWallMs - (sent.wallMs + roundTripMs / 2);
    this.#samples.push({ roundTripMs, offsetMs });
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
    return true;
  }
}
