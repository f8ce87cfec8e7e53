/**
 * When this node speaks: asks once at the start, announces itself a few times soon after, then with
 * a period that chance makes longer or shorter, so that nodes started together drift apart. Pure
 * but for the randomness it is given; time is passed in.
 */
import type { Random } from '../env/index.ts';
import type { DiscoveryLimits } from './limits.ts';

/** After the start or a change of address: a datagram can be lost. */
const FIRST_MS: readonly number[] = [0, 1_000, 3_000];
const JITTER = 0.2;

export class Schedule {
  readonly #limits: DiscoveryLimits;
  readonly #random: Random;
  #announceAtMs = 0;
  #announced = 0;
  #checkAtMs: number;
  #probedAtMs = Number.NEGATIVE_INFINITY;
  #wantsProbe = true;

  constructor(limits: DiscoveryLimits, random: Random, nowMs: number) {
    this.#limits = limits;
    this.#random = random;
    this.#checkAtMs = nowMs + limits.checkMs;
    this.#announceAtMs = nowMs;
  }

  /** What is announced has changed. */
  again(nowMs: number): void {
    this.#announced = 0;
    this.#announceAtMs = nowMs;
    this.#wantsProbe = true;
  }

  wantProbe(): void {
    this.#wantsProbe = true;
  }

  wantCheck(): void {
    this.#checkAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Whether to probe now; never twice within `probeMs`. */
  takeProbe(nowMs: number): boolean {
    if (!this.#wantsProbe || nowMs < this.#probedAtMs + this.#limits.probeMs) return false;
    this.#wantsProbe = false;
    this.#probedAtMs = nowMs;
    return true;
  }

  takeAnnounce(nowMs: number): boolean {
    if (nowMs < this.#announceAtMs) return false;
    this.#announced++;
    const first = FIRST_MS[this.#announced];
    const pauseMs =
      first === undefined
        ? this.#limits.announceMs
        : first - (FIRST_MS[this.#announced - 1] as number);
    this.#announceAtMs = nowMs + this.#jittered(pauseMs);
    return true;
  }

  takeCheck(nowMs: number): boolean {
    if (nowMs < this.#checkAtMs) return false;
    this.#checkAtMs = nowMs + this.#limits.checkMs;
    return true;
  }

  /** When something is due next. */
  nextMs(): number {
    const probeAtMs = this.#wantsProbe
      ? this.#probedAtMs + this.#limits.probeMs
      : Number.POSITIVE_INFINITY;
    return Math.min(this.#announceAtMs, this.#checkAtMs, probeAtMs);
  }

  #jittered(ms: number): number {
    const [low, high] = this.#random.bytes(2) as unknown as [number, number];
    const chance = (low + high * 256) / 65_536;
    return ms * (1 - JITTER + 2 * JITTER * chance);
  }
}
